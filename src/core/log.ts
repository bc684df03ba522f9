/** Facts beside a message. Values must not be tokens, secrets or keys. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The four methods this package logs with; pino, winston and console-like loggers fit with one line. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const ignore = (): void => {};

/** Logs nothing: the default, because a library must not write to its host's streams. */
export const silentLogger: Logger = Object.freeze({
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
});

/**
 * Wraps a logger so that nothing it throws reaches a call: a full disk must refuse no caller and crash no server.
 */
export function guardedLogger(logger: Logger): Logger {
  const guard =
    (level: keyof Logger) =>
    (message: string, fields?: LogFields): void => {
      try {
        logger[level](message, fields);
      } catch {
        // A logger that fails has nowhere left to say so.
      }
    };
  return Object.freeze({
    debug: guard('debug'),
    info: guard('info'),
    warn: guard('warn'),
    error: guard('error'),
  });
}
