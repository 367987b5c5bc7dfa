import { contract } from './support/contract.js';

contract('gongbu');
