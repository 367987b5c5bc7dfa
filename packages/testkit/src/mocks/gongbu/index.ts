import type { MockSystem } from '../../host/mock.js';
import { analyticsService } from './analytics.js';
import { authService } from './auth.js';
import { botService } from './bot.js';
import { courseService } from './course.js';
import { notificationService } from './notification.js';
import { paymentService } from './payment.js';
import { pluginService } from './plugin.js';

/** The course platform. */
export const gongbu: MockSystem = (environment) => ({
  auth: authService(environment),
  course: courseService(environment),
  bot: botService(environment),
  payment: paymentService(environment),
  plugin: pluginService(environment),
  notification: notificationService(environment),
  analytics: analyticsService(),
});
