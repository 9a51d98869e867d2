import { declareErrors } from '../../audit/nest-free.js';

export const streamsErrors = declareErrors({
  AUDIT_STREAM_ADDRESS_PRIVATE: {
    kind: 'refused',
    when: 'stream: the destination has a loopback, private or link-local address',
    do: 'correct the `url`, or set `allowPrivateAddresses`',
    message: (host: string) =>
      `Cannot send to ${host}: its address is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
  },
});
