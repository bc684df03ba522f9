/**
 * Encodes and decodes one message type: what ts-proto generates beside each message. Inputs are `never` and outputs
 * `unknown`, so that every generated codec fits; the types of a method are taken from the codec itself.
 */
export interface MessageCodec {
  encode(message: never): { finish(): Uint8Array };
  decode(input: Uint8Array): unknown;
  fromPartial(object: never): unknown;
}

/** One method of a service definition. */
export interface MethodDefinition {
  /** Name as in the proto, for example `GetOrder`. */
  readonly name: string;
  readonly requestType: MessageCodec;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec;
  readonly responseStream: boolean;
}

/** A service definition as ts-proto writes it with `outputServices=generic-definitions`. */
export interface ServiceDefinition {
  /** Short name, for example `OrdersService`. */
  readonly name: string;
  /** Full name, for example `orders.v1.OrdersService`. */
  readonly fullName: string;
  /** Methods by their name in code, for example `getOrder`. */
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

/** What a method receives, decoded. */
export type RequestOf<M extends MethodDefinition> = ReturnType<M['requestType']['decode']>;
/** What a caller may pass for it: members may be left out. */
export type RequestInputOf<M extends MethodDefinition> = Parameters<
  M['requestType']['fromPartial']
>[0];
/** What a method answers, decoded. */
export type ResponseOf<M extends MethodDefinition> = ReturnType<M['responseType']['decode']>;
/** What a handler may return for it: members may be left out. */
export type ResponseInputOf<M extends MethodDefinition> = Parameters<
  M['responseType']['fromPartial']
>[0];

/** Path of a method on the wire, for example `/orders.v1.OrdersService/GetOrder`. */
export function methodPath(
  service: { readonly fullName: string },
  method: { readonly name: string },
): string {
  return `/${service.fullName}/${method.name}`;
}

/** Serialises what a handler or caller gave, filling in what was left out. */
export function serializer(codec: MessageCodec): (value: unknown) => Buffer {
  // The codec's own types were checked where the definition entered; here any message passes through.
  return (value) => {
    const bytes = codec.encode(codec.fromPartial(value as never) as never).finish();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Parses what came over the wire. */
export function deserializer(codec: MessageCodec): (bytes: Buffer) => unknown {
  return (bytes) => codec.decode(bytes);
}
