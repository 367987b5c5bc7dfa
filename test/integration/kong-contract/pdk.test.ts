import { allCases } from './all-cases.js';

allCases('pdk');
