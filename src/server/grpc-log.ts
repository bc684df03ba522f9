import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js';
import type { Logger } from '../core/log.ts';

/**
 * Takes the values out of a line grpc-js logs. It prints metadata it could not accept, `authorization` included, in
 * full and to stderr (spec M8), so nothing after a quoted or bracketed value survives here.
 */
function redact(line: string): string {
  return line
    .replace(/bearer\s+[^\s"',}]+/gi, 'Bearer [redacted]')
    .replace(/(authorization\b["']?\s*[:=]?\s*).*/gis, '$1[redacted]')
    .replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[redacted]');
}

/**
 * Routes what grpc-js itself logs through a redacting logger. Process-wide, as grpc-js has one logger: the leak it
 * closes is process-wide, too.
 */
export function installGrpcLogger(logger: Logger): void {
  const forward =
    (level: 'debug' | 'info' | 'error') =>
    (...parts: unknown[]): void => {
      logger[level](`grpc-js: ${redact(parts.map(String).join(' '))}`);
    };
  setLogger({ debug: forward('debug'), info: forward('info'), error: forward('error') });
  setLogVerbosity(logVerbosity.ERROR);
}
