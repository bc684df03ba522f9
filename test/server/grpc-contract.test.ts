import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CallCredentials,
  ChannelCredentials,
  Server,
  ServerCredentials,
  type ServerInterceptor,
} from '@grpc/grpc-js';

// What we use of grpc-js although its documentation does not promise it. Run against the oldest and the newest version
// of our peer range; whatever fails here breaks us.

class Probe extends ServerCredentials {
  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
  override _getInterceptors(): ServerInterceptor[] {
    return super._getInterceptors();
  }
  update(options: Parameters<typeof this.updateSecureContextOptions>[0]): void {
    this.updateSecureContextOptions(options);
  }
}

describe('grpc-js, where we rely on more than it promises', () => {
  it('server credentials carry constructor and context options, and tell watchers of a change', () => {
    const credentials = new Probe({ requestCert: true }, { ciphers: 'A' });
    assert.equal(credentials._isSecure(), true);
    assert.deepEqual(credentials._getConstructorOptions(), { requestCert: true });
    assert.deepEqual(credentials._getSecureContextOptions(), { ciphers: 'A' });
    assert.deepEqual(credentials._getInterceptors(), []);
    const seen: unknown[] = [];
    const watcher = (options: unknown) => {
      seen.push(options);
    };
    credentials._addWatcher(watcher);
    credentials.update({ ciphers: 'B' });
    credentials._removeWatcher(watcher);
    credentials.update({ ciphers: 'C' });
    assert.deepEqual(seen, [{ ciphers: 'B' }]);
    assert.deepEqual(credentials._getSecureContextOptions(), { ciphers: 'C' });
  });

  it('a server takes connections by injection, with no port of its own', () => {
    const server = new Server();
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    assert.equal(typeof injector.injectConnection, 'function');
    assert.equal(typeof injector.drain, 'function');
    injector.destroy();
    server.forceShutdown();
  });

  it('a server looks handlers up by path in one place', () => {
    const lookup = new Server() as unknown as { _retrieveHandler(path: string): unknown };
    assert.equal(lookup._retrieveHandler('/no.Such/Method'), null);
  });

  it('channel credentials make the connector, and composing keeps it', () => {
    const asked: (CallCredentials | undefined)[] = [];
    class ChannelProbe extends ChannelCredentials {
      override _isSecure(): boolean {
        return true;
      }
      override _equals(other: ChannelCredentials): boolean {
        return this === other;
      }
      override _createSecureConnector(
        ...[, , callCredentials]: Parameters<ChannelCredentials['_createSecureConnector']>
      ): ReturnType<ChannelCredentials['_createSecureConnector']> {
        asked.push(callCredentials);
        return {
          connect: () => Promise.reject(new Error('not here')),
          waitForReady: () => Promise.resolve(),
          getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
          destroy: () => {},
        };
      }
    }
    const token = CallCredentials.createFromMetadataGenerator(() => {});
    const composed = new ChannelProbe().compose(token);
    assert.equal(composed._isSecure(), true);
    const connector = composed._createSecureConnector({ scheme: 'dns', path: 'localhost:1' }, {});
    assert.equal(asked.length, 1);
    assert.notEqual(asked[0], undefined);
    assert.equal(connector.getCallCredentials(), asked[0]);
  });

  it('plaintext channel credentials take no token', () => {
    const token = CallCredentials.createFromMetadataGenerator(() => {});
    assert.throws(() => ChannelCredentials.createInsecure().compose(token), /insecure/);
  });
});
