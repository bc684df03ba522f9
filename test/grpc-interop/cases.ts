import assert from 'node:assert/strict';
import { Metadata } from '@grpc/grpc-js';
import type { CallOptions, PromiseClient, ServiceError } from 'grpc-entra/client';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { collect } from '../support/collect.ts';
import type {
  StreamingOutputCallResponse,
  TestServiceDefinition,
  UnimplementedServiceDefinition,
} from './gen/grpc/testing/test.ts';

/** What a case calls. */
export interface Clients {
  readonly test: PromiseClient<typeof TestServiceDefinition>;
  readonly unimplemented: PromiseClient<typeof UnimplementedServiceDefinition>;
}

const body = (size: number): Buffer => Buffer.alloc(size);
const sizes = (responses: readonly StreamingOutputCallResponse[]): readonly number[] =>
  responses.map(({ payload }) => payload?.body.length ?? -1);

// Sizes, keys and texts: gRPC's description of its interoperability cases.
const REQUEST_SIZES = [27_182, 8, 1828, 45_904];
const RESPONSE_SIZES = [31_415, 9, 2653, 58_979];
const INITIAL = { key: 'x-grpc-test-echo-initial', value: 'test_initial_metadata_value' };
const TRAILING = { key: 'x-grpc-test-echo-trailing-bin', value: Buffer.from('ababab', 'hex') };

async function status(
  call: Promise<unknown>,
  wanted: ServiceError['status'],
  message?: string,
): Promise<void> {
  await assert.rejects(
    call,
    message === undefined ? { status: wanted } : { status: wanted, message },
  );
}

/** Requests that are sent one by one, as answers come. */
function pingPong(answered: () => Promise<void>, requests = REQUEST_SIZES) {
  return (async function* () {
    for (const [index, size] of requests.entries()) {
      if (index > 0) await answered();
      yield {
        responseParameters: [{ size: RESPONSE_SIZES[index] ?? 0 }],
        payload: { body: body(size) },
      };
    }
  })();
}

async function echoed(call: (options: CallOptions) => Promise<unknown>): Promise<void> {
  const metadata = new Metadata();
  metadata.set(INITIAL.key, INITIAL.value);
  metadata.set(TRAILING.key, TRAILING.value);
  let initial: readonly unknown[] = [];
  let trailing: readonly unknown[] = [];
  const ended = withResolvers<void>();
  await call({
    metadata,
    onInitialMetadata: (received) => {
      initial = received.get(INITIAL.key);
    },
    onTrailers: (received) => {
      trailing = received.get(TRAILING.key);
      ended.resolve();
    },
  });
  await ended.promise;
  assert.deepEqual(initial, [INITIAL.value]);
  assert.deepEqual(trailing, [TRAILING.value]);
}

/** The cases by gRPC's names for them. Each rejects when it fails. */
export const cases: Readonly<Record<string, (clients: Clients) => Promise<void>>> = {
  empty_unary: async ({ test }) => {
    assert.deepEqual(await test.emptyCall({}), {});
  },
  large_unary: async ({ test }) => {
    const response = await test.unaryCall({
      responseSize: 314_159,
      payload: { body: body(271_828) },
    });
    assert.equal(response.payload?.body.length, 314_159);
  },
  client_streaming: async ({ test }) => {
    const requests = REQUEST_SIZES.map((size) => ({ payload: { body: body(size) } }));
    assert.equal((await test.streamingInputCall(requests)).aggregatedPayloadSize, 74_922);
  },
  server_streaming: async ({ test }) => {
    const responseParameters = RESPONSE_SIZES.map((size) => ({ size }));
    const responses = await collect(test.streamingOutputCall({ responseParameters }));
    assert.deepEqual(sizes(responses), RESPONSE_SIZES);
  },
  ping_pong: async ({ test }) => {
    const responses: StreamingOutputCallResponse[] = [];
    let next = withResolvers<void>();
    const requests = pingPong(async () => {
      await next.promise;
      next = withResolvers<void>();
    });
    for await (const response of test.fullDuplexCall(requests)) {
      responses.push(response);
      next.resolve();
    }
    assert.deepEqual(sizes(responses), RESPONSE_SIZES);
  },
  empty_stream: async ({ test }) => {
    assert.deepEqual(await collect(test.fullDuplexCall([])), []);
  },
  custom_metadata: async ({ test }) => {
    await echoed((options) =>
      test.unaryCall({ responseSize: 314_159, payload: { body: body(271_828) } }, options),
    );
    await echoed((options) =>
      collect(
        test.fullDuplexCall(
          pingPong(async () => {}, [27_182]),
          options,
        ),
      ),
    );
  },
  status_code_and_message: async ({ test }) => {
    const responseStatus = { code: 2, message: 'test status method' };
    await status(test.unaryCall({ responseStatus }), 'UNKNOWN', responseStatus.message);
    const duplex = collect(test.fullDuplexCall([{ responseStatus }]));
    await status(duplex, 'UNKNOWN', responseStatus.message);
  },
  special_status_message: async ({ test }) => {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    await status(test.unaryCall({ responseStatus: { code: 2, message } }), 'UNKNOWN', message);
  },
  unimplemented_method: ({ test }) => status(test.unimplementedCall({}), 'UNIMPLEMENTED'),
  unimplemented_service: ({ unimplemented }) =>
    status(unimplemented.unimplementedCall({}), 'UNIMPLEMENTED'),
  cancel_after_begin: async ({ test }) => {
    const abort = new AbortController();
    const call = test.streamingInputCall([], { signal: abort.signal });
    abort.abort();
    await status(call, 'CANCELLED');
  },
  cancel_after_first_response: async ({ test }) => {
    const abort = new AbortController();
    const { promise } = withResolvers<void>();
    const call = test.fullDuplexCall(
      pingPong(() => promise),
      { signal: abort.signal },
    );
    const reading = (async () => {
      for await (const response of call) {
        assert.deepEqual(sizes([response]), [RESPONSE_SIZES[0]]);
        abort.abort();
      }
    })();
    await status(reading, 'CANCELLED');
  },
  timeout_on_sleeping_server: async ({ test }) => {
    const { promise } = withResolvers<void>();
    const call = test.fullDuplexCall(
      (async function* () {
        yield { payload: { body: body(27_182) } };
        await promise;
      })(),
      { deadlineMs: 1 },
    );
    await status(collect(call), 'DEADLINE_EXCEEDED');
  },
};
