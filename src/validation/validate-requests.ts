import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createValidator, type Validator, type Violation } from '@bufbuild/protovalidate';
import type { BadRequest } from '../core/error-details.ts';
import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, checkString } from '../core/options.ts';
import type { MessageCodec } from '../core/service-definition.ts';
import { ServiceError } from '../core/service-error.ts';
import type { Message, ServerInterceptor } from '../server/interceptor.ts';

/** Options of {@link validateRequests}. */
export interface ValidateRequestsOptions {
  /** The services with their `buf.validate` rules, from `buf build -o image.binpb`. */
  readonly imageFile: string;
}

/** More would not fit beside the status, and nobody reads them. */
const MAX_VIOLATIONS = 20;

interface Schemas {
  readonly validator: Validator;
  /** The request type of a method, by its path. */
  readonly requestOf: (path: string) => DescMessage | undefined;
}

function readSchemas(imageFile: string): Schemas {
  try {
    // An image of buf is a descriptor set with a few members more.
    const registry = createFileRegistry(
      fromBinary(FileDescriptorSetSchema, readFileSync(imageFile)),
    );
    return {
      validator: createValidator({ registry }),
      requestOf: (path) => {
        const [, service = '', name = ''] = path.split('/');
        return registry.getService(service)?.methods.find((method) => method.name === name)?.input;
      },
    };
  } catch (cause) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `validateRequests imageFile ${imageFile} cannot be read as an image; make it with: buf build -o ${imageFile}`,
      { cause },
    );
  }
}

function badRequest(violations: readonly Violation[]): BadRequest {
  return {
    type: 'BadRequest',
    fieldViolations: violations.slice(0, MAX_VIOLATIONS).map(({ field, message, ruleId }) => ({
      field: pathToString(field),
      description: message,
      reason: ruleId,
    })),
  };
}

function check(
  validator: Validator,
  schema: DescMessage,
  codec: MessageCodec,
  message: Message,
): void {
  // Encoded once more, because the rules are written for protobuf's messages and not for those of ts-proto.
  const bytes = codec.encode(message as never).finish();
  const result = validator.validate(schema, fromBinary(schema, bytes));
  if (result.kind === 'error') throw result.error;
  if (result.kind === 'valid') return;
  const detail = badRequest(result.violations);
  const [first] = detail.fieldViolations;
  const more = result.violations.length - 1;
  throw new ServiceError(
    'INVALID_ARGUMENT',
    `${first?.field === '' ? 'the request' : first?.field}: ${first?.description}${more > 0 ? ` (and ${more} more)` : ''}`,
    { details: [detail] },
  );
}

/**
 * Checks every request against the `buf.validate` rules beside its fields, with protovalidate (peer
 * `@bufbuild/protovalidate`). For option `interceptors` of a server, so it runs behind the gate: who may not call learns
 * nothing of the rules.
 *
 * A request that breaks a rule is INVALID_ARGUMENT with `google.rpc.BadRequest`, and no handler sees it; in a stream the
 * handler's iteration fails. A method that the image does not hold is refused as INTERNAL, and logged: rules that are
 * not there must not count as kept.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` when the image cannot be read.
 */
export function validateRequests(options: ValidateRequestsOptions): ServerInterceptor {
  checkOptionNames('validateRequests options', options, ['imageFile']);
  const { validator, requestOf } = readSchemas(
    checkString('validateRequests imageFile', options.imageFile),
  );
  return async (call, proceed) => {
    const schema = requestOf(call.method);
    if (schema === undefined) {
      throw new Error(`${call.method} is not in the image of validateRequests; build it anew`);
    }
    const checked = (message: Message): Message => {
      check(validator, schema, call.requestType, message);
      return message;
    };
    const { request } = call;
    if (!(Symbol.asyncIterator in request)) return proceed(checked(request));
    async function* each(
      messages: AsyncIterable<Message>,
    ): AsyncGenerator<Message, void, undefined> {
      for await (const message of messages) yield checked(message);
    }
    return proceed(each(request));
  };
}
