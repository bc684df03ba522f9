import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import {
  checkChoice,
  checkGuid,
  checkInteger,
  checkOptionNames,
  checkString,
  nearestName,
} from '#src/core/options.ts';

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

describe('option objects', () => {
  it('accepts known names', () => {
    checkOptionNames('createServer options', { drainMs: 1 }, ['drainMs', 'tls']);
  });

  it('refuses an unknown name and offers the closest known one', () => {
    assert.throws(
      () => checkOptionNames('createServer options', { drainMS: 1 }, ['drainMs', 'tls']),
      refusal('ERR_OPTION_UNKNOWN', /unknown option "drainMS", did you mean "drainMs"\?/),
    );
  });

  it('lists the known names when none is close', () => {
    assert.throws(
      () => checkOptionNames('tls', { zzzzzz: 1 }, ['certFile', 'keyFile']),
      refusal('ERR_OPTION_UNKNOWN', /known are certFile, keyFile/),
    );
  });

  it('refuses what is no object', () => {
    for (const value of [undefined, null, [], 'x', 7]) {
      assert.throws(
        () => checkOptionNames('tls', value, ['certFile']),
        refusal('ERR_OPTION_INVALID', /^tls must be an object with certFile; found /),
      );
    }
  });

  it('never shows the content of a string that may be a secret', () => {
    assert.throws(
      () => checkString('secret', ' hunter2'),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
    assert.equal(checkString('secret', 'hunter2'), 'hunter2');
  });

  it('bounds whole numbers and fills in the default', () => {
    const bounds = { min: 0, max: 300, default: 60 };
    assert.equal(checkInteger('clockSkewSeconds', undefined, bounds), 60);
    assert.equal(checkInteger('clockSkewSeconds', 300, bounds), 300);
    for (const value of [-1, 301, 1.5, Number.NaN, '60', null]) {
      assert.throws(
        () => checkInteger('clockSkewSeconds', value, bounds),
        refusal('ERR_OPTION_INVALID', /a whole number from 0 to 300/),
      );
    }
  });

  it('names the closest choice', () => {
    assert.equal(checkChoice('cloud', 'usgov', ['global', 'usgov']), 'usgov');
    assert.throws(
      () => checkChoice('cloud', 'usgov2', ['global', 'usgov']),
      refusal('ERR_OPTION_INVALID', /did you mean "usgov"\?/),
    );
  });

  it('accepts GUIDs in either case and refuses names and the nil GUID', () => {
    const lower = '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11';
    assert.equal(checkGuid('tenantId', lower.toUpperCase(), 'x'), lower);
    for (const value of ['common', 'contoso.com', '00000000-0000-0000-0000-000000000000', '', 7]) {
      assert.throws(
        () => checkGuid('tenantId', value, 'x'),
        refusal('ERR_OPTION_INVALID', /a GUID/),
      );
    }
  });

  it('measures distance without regard to letter case', () => {
    assert.equal(nearestName('CERTFILE', ['certFile', 'keyFile']), 'certFile');
    assert.equal(nearestName('plaintext', ['certFile', 'keyFile']), undefined);
  });
});
