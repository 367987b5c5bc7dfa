export { type FakeEffects, fakeEffects } from './fake-effects.js';
export { type FakeRequest, fakeFacts } from './fake-facts.js';
export { fakeIdentity } from './fake-identity.js';
export { ManualClock } from './manual-clock.js';
