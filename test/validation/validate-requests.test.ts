import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { create, fromBinary, setExtension, toBinary } from '@bufbuild/protobuf';
import { FieldOptionsSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  FieldRulesSchema,
  field as fieldRules,
  file_buf_validate_validate as validateFile,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { createClient, ServiceError } from 'grpc-entra/client';
import { asApp, startTestStack, type TestStack } from 'grpc-entra/testing';
import { validateRequests } from 'grpc-entra/validation';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { collect } from '../support/collect.ts';
import { ordersWith, READ } from '../support/orders.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const IMAGE = dir.file('image.binpb');

/** The image of the order service with rules for its fields, as if they stood in the proto. */
function imageWithRules(): Uint8Array {
  const plain = dir.file('plain.binpb');
  execFileSync('node_modules/.bin/buf', ['build', '-o', plain], { stdio: 'inherit' });
  const image = fromBinary(FileDescriptorSetSchema, readFileSync(plain));
  const rules = {
    'GetOrderRequest.order_id': create(FieldRulesSchema, {
      type: { case: 'string', value: { minLen: 1n, maxLen: 10n } },
    }),
    'OrderLine.quantity': create(FieldRulesSchema, {
      type: { case: 'uint32', value: { greaterThan: { case: 'gt', value: 0 } } },
    }),
    'QuoteOrderRequest.currency_code': create(FieldRulesSchema, {
      type: { case: 'string', value: { pattern: '^[A-Z]{3}$' } },
    }),
  };
  const orders = image.file.find(({ name }) => name === 'orders/v1/orders.proto');
  assert.ok(orders !== undefined);
  for (const [name, value] of Object.entries(rules)) {
    const [message, member] = name.split('.');
    const found = orders.messageType
      .find((type) => type.name === message)
      ?.field.find((field) => field.name === member);
    assert.ok(found !== undefined, name);
    found.options ??= create(FieldOptionsSchema);
    setExtension(found.options, fieldRules, value);
  }
  orders.dependency.push('buf/validate/validate.proto');
  // Each file after those it imports.
  image.file.splice(image.file.indexOf(orders), 0, validateFile.proto);
  const names = new Set(image.file.map(({ name }) => name));
  for (const needed of validateFile.dependencies) {
    if (!names.has(`${needed.name}.proto`)) image.file.unshift(needed.proto);
  }
  return toBinary(FileDescriptorSetSchema, image);
}

let stack: TestStack;
let entered = 0;
before(async () => {
  writeFileSync(IMAGE, imageWithRules());
  stack = await startTestStack({
    interceptors: [validateRequests({ imageFile: IMAGE })],
    services: [
      ordersWith({
        getOrder: async ({ orderId }) => {
          entered += 1;
          return { order: { orderId } };
        },
        async uploadOrders(uploads) {
          return { orderIds: (await collect(uploads)).map(() => 'x') };
        },
        async *quoteOrder(lines) {
          for await (const { line } of lines) yield { line };
        },
      }),
    ],
  });
});
after(async () => {
  await stack.close();
  dir[Symbol.dispose]();
});

const client = (roles: readonly string[] = [READ]) =>
  createClient(OrdersServiceDefinition, stack.channelAs(asApp({ roles })));

const isBadRequest =
  (...violations: readonly (readonly [field: string, reason: string])[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.status, 'INVALID_ARGUMENT');
    assert.deepEqual(
      error.detail('BadRequest')?.fieldViolations.map(({ field, reason }) => [field, reason]),
      violations,
    );
    return true;
  };

describe('validation of requests', () => {
  it('lets pass what keeps the rules', async () => {
    assert.equal((await client().getOrder({ orderId: '1' })).order?.orderId, '1');
    const lines = [{ sku: 'tea', quantity: 1 }];
    assert.equal((await client().uploadOrders([{ lines }, { lines }])).orderIds.length, 2);
  });

  it('refuses what breaks them, naming the fields, and enters no handler', async () => {
    const before = entered;
    await assert.rejects(
      client().getOrder({ orderId: '' }),
      isBadRequest(['order_id', 'string.min_len']),
    );
    await assert.rejects(client().getOrder({ orderId: 'secret-order-id' }), (error: Error) => {
      assert.match(error.message, /^order_id: /);
      assert.ok(!error.message.includes('secret'));
      return true;
    });
    assert.equal(entered, before);
  });

  it('names fields inside messages and lists, and all of them', async () => {
    const lines = [{ quantity: 1 }, { quantity: 0 }, { quantity: 0 }];
    await assert.rejects(
      client().uploadOrders([{ lines }]),
      isBadRequest(['lines[1].quantity', 'uint32.gt'], ['lines[2].quantity', 'uint32.gt']),
    );
  });

  it('ends a stream at the first message that breaks them', async () => {
    const received: unknown[] = [];
    const quotes = client().quoteOrder([
      { currencyCode: 'EUR', line: { quantity: 1 } },
      { currencyCode: 'euro', line: { quantity: 1 } },
    ]);
    await assert.rejects(
      async () => {
        for await (const quote of quotes) received.push(quote);
      },
      isBadRequest(['currency_code', 'string.pattern']),
    );
    assert.equal(received.length, 1);
  });

  it('comes behind the gate: who may not call learns nothing of the rules', async () => {
    await assert.rejects(client([]).getOrder({ orderId: '' }), { status: 'PERMISSION_DENIED' });
  });

  it('refuses methods that the image does not hold', async () => {
    const image = fromBinary(FileDescriptorSetSchema, readFileSync(IMAGE));
    const file = dir.file('other.binpb');
    const others = image.file.filter(({ name }) => !name.startsWith('orders/'));
    writeFileSync(file, toBinary(FileDescriptorSetSchema, { ...image, file: others }));
    await using other = await startTestStack({
      interceptors: [validateRequests({ imageFile: file })],
      services: [ordersWith({ getOrder: async () => ({}) })],
    });
    const caller = createClient(OrdersServiceDefinition, other.channelAs(asApp({ roles: [READ] })));
    await assert.rejects(caller.getOrder({ orderId: '1' }), { status: 'INTERNAL' });
  });

  it('says what to do about a file that is no image', () => {
    for (const imageFile of ['package.json', 'none.binpb', '']) {
      assert.throws(() => validateRequests({ imageFile }), { code: 'ERR_OPTION_INVALID' });
    }
  });
});
