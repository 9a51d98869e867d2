/** The messages for problems of a query. Each message is shown after the part of the text that causes the problem. */
export const QUERY_PROBLEMS = {
  'query.unknownName': 'is not the name of a filter.',
  'query.missingValue': 'lacks a value. {name}:* matches any value.',
  'query.openQuote': 'lacks the closing quotation mark.',
  'query.negatedWord': 'A word cannot be excluded. To search for the minus itself, use quotation marks.',
  'query.negatedTime': 'cannot be excluded.',
  'query.negatedRecord': 'A single record cannot be excluded. Exclude its id: -id:{id}',
  'query.negatedRange': 'A comparison cannot be excluded. Write the opposite one.',
  'query.notANumber': 'is neither a number nor a time.',
  'query.unknownWord': 'is not one of: {words}.',
  'query.invalidTime': 'is not a time, such as 2026-11-20, 2026-11-20T08:00Z, yesterday or 3d.',
  'query.invalidDay': 'is not a day, such as 2026-11-20, today or yesterday.',
  'query.timeInWords':
    'is not understood. Write a time such as on:2026-11-20, on:yesterday, since:3d or until:2026-11-20T08:00Z. To search for the words themselves, use quotation marks.',
  'query.question':
    'is not understood. A query has words and filters; leave out the words of a question. To search for the word itself, use quotation marks.',
  'query.equalsSign': 'is not a filter: a colon follows the name of a filter.',
  'query.invalidIp': 'is not an IP address or a range of them, such as 10.0.0.0/8.',
  'query.invalidStatus': 'is not a status code, such as 404, or a class of them, such as 5xx.',
  'query.invalidPointer': 'is not the path of a field, such as /status.',
  'query.severalRecords': 'A query cannot combine a record with records of other types. Name one type.',
  'query.severalTimes': '{name} can have only one value.',
  'query.emptyRange': 'The range is empty: its end is not after its beginning.',
} as const;
