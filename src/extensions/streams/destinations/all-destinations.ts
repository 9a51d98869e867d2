/** The destinations of the package. A new one is a file beside this one, and a line here; then run `npm run generate`. */
export { datadog } from './datadog.destination.js';
export { elastic } from './elastic.destination.js';
export { file } from './file.destination.js';
export { otlp } from './otlp.destination.js';
export { s3 } from './s3.destination.js';
export { splunk } from './splunk.destination.js';
export { syslog } from './syslog.destination.js';
export { webhook } from './webhook.destination.js';
