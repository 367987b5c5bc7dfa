import { describe, expect, test } from '@jest/globals';
import { mockSystems } from './mocks/index.js';
import { servicePorts, services, systems } from './services.js';
import { Mocks } from './start-mocks.js';

describe('the table of services', () => {
  test('gives every target a port of its own in 91xx', () => {
    const ports = services.flatMap((service) => service.ports);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports.every((port) => port >= 9100 && port <= 9199)).toBe(true);
  });

  test('names no variable twice', () => {
    const names = services.flatMap((service) => [service.prefixedUrlVariable, service.portVariable]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has a player for every line', () => {
    const played = new Mocks({}).services();
    expect(Object.keys(played)).toEqual(Object.keys(servicePorts));
    expect(Object.keys(mockSystems)).toEqual([...systems]);
  });
});
