import { allCases } from './all-cases.js';

allCases('single');
