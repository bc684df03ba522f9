import { setTimeout as wait } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import {
  type AppAccess,
  allow,
  type BoundService,
  type CallContext,
  type PublicAccess,
  ServiceError,
  service,
} from 'grpc-entra/server';
import { statusName } from '#src/core/status-code.ts';
import {
  type EchoStatus,
  PayloadType,
  type StreamingOutputCallResponse,
  TestServiceDefinition,
  UnimplementedServiceDefinition,
} from './gen/grpc/testing/test.ts';

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

/** The role a token must hold. */
export const ROLE = 'Interop.Test';

function copy(key: string, from: Metadata, to: Metadata): void {
  for (const value of from.get(key)) to.set(key, value);
}

function echoMetadata({ metadata, initialMetadata, trailers }: CallContext): void {
  copy(ECHO_INITIAL, metadata, initialMetadata);
  copy(ECHO_TRAILING, metadata, trailers);
}

function echoStatus(status: EchoStatus | undefined): void {
  if (status === undefined || status.code === 0) return;
  const name = statusName(status.code);
  throw new ServiceError(name === 'OK' ? 'UNKNOWN' : name, status.message);
}

const payload = (size: number): StreamingOutputCallResponse => ({
  payload: { type: PayloadType.COMPRESSABLE, body: Buffer.alloc(size) },
});

const unimplemented = (): never => {
  throw new ServiceError('UNIMPLEMENTED', 'this method is not implemented');
};

/** gRPC's interoperability test service: what its cases need, and nothing more. */
export function testServices(open: boolean): readonly BoundService[] {
  const rule: AppAccess | PublicAccess = open
    ? allow.public('a test server that holds nothing')
    : allow.app({ anyRole: [ROLE] });
  return [
    service(
      TestServiceDefinition,
      {
        emptyCall: rule,
        unaryCall: rule,
        streamingOutputCall: rule,
        streamingInputCall: rule,
        fullDuplexCall: rule,
        unimplementedCall: rule,
      },
      {
        async emptyCall(_request, context) {
          echoMetadata(context);
          return {};
        },
        async unaryCall({ responseSize, responseStatus }, context) {
          echoMetadata(context);
          echoStatus(responseStatus);
          return payload(responseSize);
        },
        async *streamingOutputCall({ responseParameters }, { signal }) {
          for (const { size, intervalUs } of responseParameters) {
            if (intervalUs > 0) await wait(intervalUs / 1000, undefined, { signal });
            yield payload(size);
          }
        },
        async streamingInputCall(requests) {
          let aggregatedPayloadSize = 0;
          for await (const request of requests) {
            aggregatedPayloadSize += request.payload?.body.length ?? 0;
          }
          return { aggregatedPayloadSize };
        },
        async *fullDuplexCall(requests, context) {
          echoMetadata(context);
          for await (const { responseParameters, responseStatus } of requests) {
            echoStatus(responseStatus);
            for (const { size, intervalUs } of responseParameters) {
              if (intervalUs > 0) {
                await wait(intervalUs / 1000, undefined, { signal: context.signal });
              }
              yield payload(size);
            }
          }
        },
        unimplementedCall: unimplemented,
      },
    ),
    service(
      UnimplementedServiceDefinition,
      { unimplementedCall: rule },
      { unimplementedCall: unimplemented },
    ),
  ];
}
