/** Messages for the problems of a query; each follows the piece of text that it is about. */
export const QUERY_PROBLEMS = {
  'query.unknownName': 'is not a name that can be searched by.',
  'query.missingValue': 'lacks a value. {name}:* is any value.',
  'query.openQuote': 'lacks the closing quotation mark.',
  'query.negatedWord': 'Words cannot be excluded. Otherwise, put it in quotation marks.',
  'query.negatedTime': 'cannot be excluded.',
  'query.negatedRecord': 'One record cannot be excluded, but its id: -id:{id}',
  'query.negatedRange': 'A comparison cannot be excluded. Write the opposite one.',
  'query.notANumber': 'is neither a number nor a time.',
  'query.unknownWord': 'is not one of: {words}.',
  'query.invalidTime': 'is not a time, such as 2026-11-20, 2026-11-20T08:00Z or -24h.',
  'query.invalidIp': 'is not an IP address or a range of them, such as 10.0.0.0/8.',
  'query.invalidStatus': 'is not a status code, such as 404, or a class of them, such as 5xx.',
  'query.invalidPointer': 'is not the path of a field, such as /status.',
  'query.severalRecords': 'Records of several types cannot be searched for together. Write -id: or one type.',
  'query.severalTimes': '{name} can have one value.',
  'query.emptyRange': 'The range is empty: its end is not after its beginning.',
} as const;
