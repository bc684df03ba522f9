import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

/** A header field as it goes on the wire: names and values are bytes, and may stand twice. */
export type RawField = readonly [name: string, value: string | Buffer];

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = 4;
const HEADERS = 1;
const CONTINUATION = 9;
const DATA = 0;
const END_STREAM = 1;
const END_HEADERS = 4;
const MAX_FRAME = 16_384;

/** An HPACK integer of seven bits and as many bytes as it takes. RFC 7541 section 5.1 */
function prefixed(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A field that enters no table, without Huffman coding, so that its bytes arrive as they are. */
function literal([name, value]: RawField): Buffer {
  const text = Buffer.from(name, 'latin1');
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([Buffer.of(0), prefixed(text.length), text, prefixed(bytes.length), bytes]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function headerFrames(block: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += MAX_FRAME) {
    const end = at + MAX_FRAME >= block.length ? END_HEADERS : 0;
    const type = at === 0 ? HEADERS : CONTINUATION;
    frames.push(frame(type, end, 1, block.subarray(at, at + MAX_FRAME)));
  }
  return frames;
}

/** A connection on which one call was made by hand. */
export interface RawCall extends AsyncDisposable {
  /** Settles when the server has ended the stream in any way, or the connection. */
  readonly ended: Promise<void>;
}

const RST_STREAM = 3;
const GOAWAY = 7;

/** Whether the bytes received hold a frame that ends stream 1. */
function endsStream(received: Buffer): boolean {
  for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    const type = received.readUInt8(at + 3);
    const closes = type === HEADERS && (received.readUInt8(at + 4) & END_STREAM) !== 0;
    if (closes || type === RST_STREAM || type === GOAWAY) return true;
  }
  return false;
}

/**
 * Makes a unary call with header fields no client library would send. Frames are written by hand, since Node's own
 * client refuses to repeat `authorization` and to send bytes that are no text.
 */
export async function rawCall(
  target: { readonly port: number; readonly caFile: string },
  path: string,
  fields: readonly RawField[],
): Promise<RawCall> {
  const socket = connect({
    host: '127.0.0.1',
    port: target.port,
    servername: 'localhost',
    ca: readFileSync(target.caFile),
    ALPNProtocols: ['h2'],
  });
  await once(socket, 'secureConnect');
  let received = Buffer.alloc(0);
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (endsStream(received)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  const all: readonly RawField[] = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...fields,
  ];
  socket.write(PREFACE);
  socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)));
  for (const part of headerFrames(Buffer.concat(all.map(literal)))) socket.write(part);
  // An empty message: no compression, length zero.
  socket.write(frame(DATA, END_STREAM, 1, Buffer.alloc(5)));
  return {
    ended,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await ended;
    },
  };
}
