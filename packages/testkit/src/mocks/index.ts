import type { MockSystem } from '../host/mock.js';
import type { System } from '../services.js';
import { freelance } from './freelance/index.js';
import { gongbu } from './gongbu/index.js';
import { healthpay } from './healthpay/index.js';
import { interview } from './interview/index.js';
import { learning } from './learning/index.js';

/** The players of all products. */
export const mockSystems: Readonly<Record<System, MockSystem>> = { gongbu, interview, learning, healthpay, freelance };
