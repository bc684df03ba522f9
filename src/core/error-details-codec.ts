import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ErrorDetail } from './error-details.ts';

const TYPE_URL = 'type.googleapis.com/google.rpc.';

/** How a member is written; a list of fields is a repeated message. Names and numbers: google/rpc/error_details.proto. */
type FieldKind = 'string' | 'strings by name' | 'duration' | readonly Field[];
type Field = readonly [number: number, name: string, kind: FieldKind];

const NAMED = (...names: string[]): readonly Field[] =>
  names.map((name, index) => [index + 1, name, 'string']);

const MESSAGES: Readonly<Record<Exclude<ErrorDetail['type'], 'Other'>, readonly Field[]>> = {
  ErrorInfo: [...NAMED('reason', 'domain'), [3, 'metadata', 'strings by name']],
  RetryInfo: [[1, 'retryDelayMs', 'duration']],
  BadRequest: [[1, 'fieldViolations', NAMED('field', 'description', 'reason')]],
  PreconditionFailure: [[1, 'violations', NAMED('type', 'subject', 'description')]],
  QuotaFailure: [[1, 'violations', NAMED('subject', 'description')]],
  RequestInfo: NAMED('requestId', 'servingData'),
  ResourceInfo: NAMED('resourceType', 'resourceName', 'owner', 'description'),
  Help: [[1, 'links', NAMED('description', 'url')]],
  LocalizedMessage: NAMED('locale', 'message'),
};

type Members = Record<string, unknown>;

function open(writer: BinaryWriter, number: number): BinaryWriter {
  return writer.tag(number, WireType.LengthDelimited).fork();
}

function writeDuration(writer: BinaryWriter, ms: number): void {
  const seconds = Math.trunc(ms / 1000);
  writer.tag(1, WireType.Varint).int64(seconds);
  writer.tag(2, WireType.Varint).int32(Math.round((ms - seconds * 1000) * 1e6));
}

function write(writer: BinaryWriter, fields: readonly Field[], message: Members): BinaryWriter {
  for (const [number, name, kind] of fields) {
    const value = message[name];
    if (value === undefined) continue;
    if (kind === 'string') {
      writer.tag(number, WireType.LengthDelimited).string(value as string);
    } else if (kind === 'duration') {
      const fork = open(writer, number);
      writeDuration(fork, Number(value));
      fork.join();
    } else if (kind === 'strings by name') {
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        const entry = open(writer, number);
        write(entry, NAMED('key', 'value'), { key, value: text });
        entry.join();
      }
    } else {
      for (const item of value as Members[]) write(open(writer, number), kind, item).join();
    }
  }
  return writer;
}

/** Writes a `google.rpc.Status`, for `grpc-status-details-bin`. */
export function encodeStatusDetails(
  code: number,
  message: string,
  details: readonly ErrorDetail[],
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(code);
  writer.tag(2, WireType.LengthDelimited).string(message);
  for (const detail of details) {
    const [typeUrl, value] =
      detail.type === 'Other'
        ? [detail.typeUrl, detail.value]
        : [
            TYPE_URL + detail.type,
            write(new BinaryWriter(), MESSAGES[detail.type], detail as unknown as Members).finish(),
          ];
    const any = open(writer, 3);
    any.tag(1, WireType.LengthDelimited).string(typeUrl);
    any.tag(2, WireType.LengthDelimited).bytes(value);
    any.join();
  }
  return writer.finish();
}

/** Walks the fields of a message; a reader that leaves a field alone has it skipped. */
function each(
  bytes: Uint8Array,
  visit: (number: number, type: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (!visit(number, type, reader)) reader.skip(type, number);
  }
}

function readDuration(bytes: Uint8Array): number {
  let ms = 0;
  each(bytes, (number, type, reader) => {
    if (type !== WireType.Varint || number > 2) return false;
    ms += number === 1 ? Number(reader.int64()) * 1000 : reader.int32() / 1e6;
    return true;
  });
  return ms;
}

function empty(fields: readonly Field[]): Members {
  return Object.fromEntries(
    fields.map(([, name, kind]) => [
      name,
      kind === 'string' ? '' : kind === 'duration' ? 0 : kind === 'strings by name' ? {} : [],
    ]),
  );
}

function read(fields: readonly Field[], bytes: Uint8Array): Members {
  const message = empty(fields);
  each(bytes, (number, type, reader) => {
    const field = fields.find(([known]) => known === number);
    if (field === undefined || type !== WireType.LengthDelimited) return false;
    const [, name, kind] = field;
    if (kind === 'string') message[name] = reader.string();
    else if (kind === 'duration') message[name] = readDuration(reader.bytes());
    else if (kind === 'strings by name') {
      const entry = read(NAMED('key', 'value'), reader.bytes());
      Object.defineProperty(message[name], String(entry['key']), {
        value: entry['value'],
        enumerable: true,
      });
    } else (message[name] as Members[]).push(read(kind, reader.bytes()));
    return true;
  });
  return message;
}

function readAny(bytes: Uint8Array): ErrorDetail {
  let typeUrl = '';
  let value = new Uint8Array();
  each(bytes, (number, type, reader) => {
    if (type !== WireType.LengthDelimited || number > 2) return false;
    if (number === 1) typeUrl = reader.string();
    else value = new Uint8Array(reader.bytes());
    return true;
  });
  const type = typeUrl.startsWith(TYPE_URL) ? typeUrl.slice(TYPE_URL.length) : '';
  if (!Object.hasOwn(MESSAGES, type)) return { type: 'Other', typeUrl, value };
  const known = type as keyof typeof MESSAGES;
  return { ...read(MESSAGES[known], value), type: known } as unknown as ErrorDetail;
}

/** Reads the details of a `google.rpc.Status`. Bytes that are none hold no details: a peer's mistake is not ours. */
export function decodeStatusDetails(bytes: Uint8Array): readonly ErrorDetail[] {
  const details: ErrorDetail[] = [];
  try {
    each(bytes, (number, type, reader) => {
      if (number !== 3 || type !== WireType.LengthDelimited) return false;
      details.push(readAny(reader.bytes()));
      return true;
    });
  } catch {
    return [];
  }
  return details;
}
