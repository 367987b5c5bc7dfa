import type { MockSystem } from '../../host/mock.js';
import { contentService } from './content.js';
import { freelanceService } from './freelance.js';
import { marketplaceService } from './marketplace.js';
import { notificationService } from './notification.js';
import { userService } from './user.js';

/** The freelance market. */
export const freelance: MockSystem = (environment) => ({
  user: userService(environment),
  notification: notificationService(environment),
  freelance: freelanceService(environment),
  content: contentService(environment),
  marketplace: marketplaceService(environment),
});
