export { HeaderList } from './headers.js';
