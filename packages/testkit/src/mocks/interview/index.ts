import type { MockSystem } from '../../host/mock.js';
import { interviewService } from './interview.js';
import { mediaService } from './media.js';
import { userService } from './user.js';

/** AI video interviews. */
export const interview: MockSystem = (environment) => ({
  user: userService(environment),
  interview: interviewService(environment),
  media: mediaService(environment),
});
