export { type Answer, type CallOptions, call } from './call.js';
export { FormBrowser, type FormBrowserOptions, type Page, type Visit } from './form-browser.js';
export { CannedFileError } from './host/canned.js';
export { Failure } from './host/failure.js';
export type { Fault, FaultInput } from './host/faults.js';
export { MockPortError } from './host/listener.js';
export type { RecordedRequest } from './host/recorder.js';
export * from './kong-double/index.js';
export { exchangeMessage } from './message.js';
export { type Service, type System, servicePorts, services, systems } from './services.js';
export { ephemeralPorts, type Mocks, type MocksOptions, startMocks } from './start-mocks.js';
export {
  type Claims,
  developmentSecrets,
  interviewIssuer,
  readSecrets,
  roleClaims,
  type SecretSystem,
  type Secrets,
  signHs256,
  signRs256,
  withTimes,
} from './tokens.js';
