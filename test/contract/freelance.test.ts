import { contract } from './support/contract.js';

contract('freelance');
