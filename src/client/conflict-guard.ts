import { InterceptingCall, type Interceptor, status } from '@grpc/grpc-js';

/**
 * Fails calls whose metadata holds an `authorization` of its own, before they leave. grpc-js would send both values, and
 * the server's answer would not say which of them was wrong (rule C20).
 */
export const conflictGuard: Interceptor = (options, nextCall) => {
  const call = nextCall(options);
  return new InterceptingCall(call, {
    start: (metadata, listener, next) => {
      if (metadata.get('authorization').length === 0) {
        next(metadata, listener);
        return;
      }
      metadata.remove('authorization');
      next(metadata, {
        onReceiveStatus: (_status, report) => {
          report({
            code: status.INVALID_ARGUMENT,
            details:
              'the call brought metadata "authorization" of its own; the channel attaches the token, so leave it out',
            metadata,
          });
        },
      });
      call.cancelWithStatus(status.CANCELLED, 'conflicting authorization');
    },
  });
};
