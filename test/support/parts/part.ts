/** A real part of a test that runs beside it, whoever provides it. */

import { IMAGES, type PartName, providerOf } from './choice.js';
import { ContainerPart, type ContainerProgram } from './container.js';
import { NativePart, type NativeProgram } from './native.js';

export interface Part {
  /** It runs no more, or not yet. */
  readonly ended: boolean;
  /** Starts it (again); it need not answer yet. */
  launch(): Promise<void>;
  /** Ends it by a signal; what it wrote stays for the next launch. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good. */
  remove(): Promise<void>;
  /** The end of what it said. */
  said(): Promise<string>;
}

/** How a part is made ready by each provider; only one of them is asked, once. */
export interface Recipes {
  /** @returns the program; asked again for each launch */
  native(): () => NativeProgram;
  container(): ContainerProgram;
}

/** A part that is ready to be launched. */
export async function preparePart(name: PartName, recipes: Recipes): Promise<Part> {
  const contained = (await providerOf(name)) === 'containers';
  return contained ? new ContainerPart(IMAGES[name], recipes.container()) : new NativePart(recipes.native());
}
