export { Behaviour, type ProviderEndpoint } from './behaviour.js';
export { type ProviderOptions, type RunningProvider, startProvider } from './provider.js';
export { type Realm, RealmError, type RealmUser, readRealm, realmFile, type Variable } from './realm.js';
