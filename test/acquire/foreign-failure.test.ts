import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { acquisitionFailure } from '#src/acquire/foreign-failure.ts';
import { AcquisitionError, ConfigError } from '#src/core/errors.ts';

const TRACE = 'fe94b90c-e81f-4f0a-8f43-6f6c2f6f1e90';
const TEXT = `invalid_client: AADSTS7000215: The client secret is wrong. Trace ID: ${TRACE} Correlation ID: ${TRACE}`;

/** An error with members, as the libraries throw them. */
function thrown(name: string, message: string, members: object = {}, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name, ...members });
}

function failure(error: unknown): AcquisitionError {
  const found = acquisitionFailure(error);
  assert.ok(found instanceof AcquisitionError);
  return found;
}

describe('a failure of a foreign credential', () => {
  const serverError = (status: number, message: string): Error =>
    thrown('ServerError', message, { errorCode: 'server_error', status });
  const refused = [
    { name: 'msal-node: wrong secret', error: serverError(401, TEXT) },
    {
      name: '@azure/identity: wrong secret',
      error: thrown('AuthenticationRequiredError', TEXT, {}, serverError(401, TEXT)),
    },
    { name: 'an error number without a status', error: thrown('Error', TEXT, { code: 'ENOENT' }) },
    { name: 'no credential at all', error: thrown('CredentialUnavailableError', 'none found') },
    { name: 'a bug of its author', error: new TypeError('x is undefined') },
    { name: 'no error', error: undefined },
    { name: 'a string', error: 'no' },
  ];
  const passing = [
    { name: 'msal-node: reset', error: thrown('AuthError', '', { errorCode: 'network_error' }) },
    {
      name: 'msal-node: a page of HTML, whose status it does not tell',
      error: thrown('AuthError', '', { errorCode: 'token_parsing_error' }),
    },
    {
      name: '@azure/identity: reset',
      error: thrown(
        'AuthenticationRequiredError',
        '',
        {},
        thrown('ClientAuthError', '', { errorCode: 'network_error' }),
      ),
    },
    {
      name: '@azure/identity: outage',
      error: thrown('AuthenticationRequiredError', '', {}, serverError(503, '')),
    },
    { name: 'throttled', error: thrown('RestError', '', { statusCode: 429 }) },
    { name: 'the system', error: thrown('Error', '', { code: 'ECONNREFUSED' }) },
    { name: 'aborted', error: new DOMException('', 'AbortError') },
  ];
  for (const { name, error } of refused) {
    it(`C19 is a refusal: ${name}`, () => {
      assert.equal(failure(error).code, 'ERR_ACQUISITION_REJECTED');
      assert.equal(failure(error).retryable, false);
    });
  }
  for (const { name, error } of passing) {
    it(`C19 may pass: ${name}`, () => {
      assert.equal(failure(error).code, 'ERR_ACQUISITION_UNAVAILABLE');
      assert.equal(failure(error).retryable, true);
    });
  }

  it('is told with status, error number, trace id and hint', () => {
    const error = failure(thrown('AuthenticationRequiredError', '', {}, serverError(401, TEXT)));
    assert.match(
      error.message,
      /^the credential failed \(AuthenticationRequiredError, HTTP 401, AADSTS7000215, trace fe94b90c-[0-9a-f-]+\); .*Secret ID/,
    );
    const details = { httpStatus: 401, aadsts: 7000215, traceId: TRACE, correlationId: TRACE };
    assert.deepEqual(error.details, details);
  });

  it('C15 gives none of its text away, and keeps the error for logs', () => {
    const cause = thrown('Error\nname', 'secret=hunter2', { code: 'hunter2', status: 'hunter2' });
    const error = failure(cause);
    assert.equal(error.cause, cause);
    const { cause: _cause, ...shown } = error;
    assert.match(error.message, /^the credential failed \(an error without a name\); [^\n]+$/);
    assert.doesNotMatch(error.message + inspect(shown), /hunter2/);
  });

  it('is left alone when it is ours', () => {
    const own = new ConfigError('ERR_FILE_UNREADABLE', 'no file');
    assert.equal(acquisitionFailure(own), own);
  });

  it('ends at causes that go in a circle', () => {
    const circle = thrown('Error', '');
    circle.cause = circle;
    assert.equal(failure(circle).code, 'ERR_ACQUISITION_REJECTED');
  });
});
