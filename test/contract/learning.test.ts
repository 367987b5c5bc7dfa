import { contract } from './support/contract.js';

contract('learning');
