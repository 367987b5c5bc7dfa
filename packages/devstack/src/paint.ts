import { styleText } from 'node:util';

/** A colour or weight of the terminal. */
export type Ink = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'bold' | 'dim';

/** Colours a text, or leaves it as it is where the output is no terminal. */
export type Paint = (ink: Ink, text: string) => string;

/** @param enabled false gives plain text. */
export const painter =
  (enabled: boolean): Paint =>
  (ink, text) =>
    enabled ? styleText(ink, text, { validateStream: false }) : text;
