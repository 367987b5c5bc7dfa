export { type Service, type System, servicePorts, services, systems } from './services.js';
