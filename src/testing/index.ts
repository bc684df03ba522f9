export type { AppCaller, Caller, UserCaller } from '../core/caller.ts';
export { ServiceError } from '../core/service-error.ts';
export { asApp, asUser, TEST_TENANT_ID, type TestCaller } from './callers.ts';
export { type TestClient, type TestClientOptions, testClient } from './test-client.ts';
export { startTestStack, type TestStack, type TestStackOptions } from './test-stack.ts';
