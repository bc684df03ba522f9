export { type ValidateRequestsOptions, validateRequests } from './validate-requests.ts';
