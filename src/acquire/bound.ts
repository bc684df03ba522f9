import { AcquisitionError } from '../core/errors.ts';

/**
 * Bounds work in time: the work is told to stop, and is not waited for if it does not listen.
 *
 * @throws AcquisitionError `ERR_ACQUISITION_UNAVAILABLE` when the time is over.
 */
export async function withinBound<T>(
  work: (signal: AbortSignal) => Promise<T>,
  boundMs: number,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new AcquisitionError(
          'ERR_ACQUISITION_UNAVAILABLE',
          `there is no token after ${boundMs} ms; is the authority reachable from here?`,
          { retryable: true },
        ),
      );
      controller.abort();
    }, boundMs);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
