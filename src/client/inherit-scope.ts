import { InterceptingCall, type Interceptor, type Metadata, status } from '@grpc/grpc-js';
import { type CallScope, currentScope } from '../core/call-scope.ts';

/** W3C Trace Context: the next service's spans belong to the same trace. */
const TRACE_KEYS = ['traceparent', 'tracestate'];

function earlier(
  own: Date | number | undefined,
  inherited: Date | undefined,
): Date | number | undefined {
  if (inherited === undefined) return own;
  return own === undefined || Number(own) > Number(inherited) ? inherited : own;
}

function inheritTrace(metadata: Metadata, { metadata: incoming }: CallScope): void {
  if (metadata.get('traceparent').length > 0) return;
  for (const key of TRACE_KEYS) {
    for (const value of incoming.get(key)) metadata.add(key, value);
  }
}

/**
 * Calls made inside a handler end with the call they serve: they inherit its deadline when it is the earlier one, its
 * cancellation and its trace.
 */
export const inheritScope: Interceptor = (options, nextCall) => {
  const scope = currentScope();
  if (scope === undefined) return new InterceptingCall(nextCall(options));
  const deadline = earlier(options.deadline, scope.deadline);
  const call = nextCall(deadline === undefined ? options : { ...options, deadline });
  // Not the call option `parent` of grpc-js, which never takes its listeners off again.
  const cancel = (): void =>
    call.cancelWithStatus(status.CANCELLED, 'the call this one was made for has ended');
  return new InterceptingCall(call, {
    start: (metadata, _listener, next) => {
      inheritTrace(metadata, scope);
      next(metadata, {
        onReceiveStatus: (ending, report) => {
          scope.signal.removeEventListener('abort', cancel);
          report(ending);
        },
      });
      scope.signal.addEventListener('abort', cancel, { once: true });
      if (scope.signal.aborted) cancel();
    },
  });
};
