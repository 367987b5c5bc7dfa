/** A configuration while requests use it: closed when it was replaced and its last request is done. */
import type { Plane } from './plane.js';

export class LivePlane {
  private users = 0;
  private retired = false;

  constructor(
    readonly plane: Plane,
    private readonly onUnused: () => void,
  ) {}

  enter(): void {
    this.users++;
  }

  leave(): void {
    this.users--;
    if (this.retired && this.users === 0) this.onUnused();
  }

  /** No new request will enter. */
  retire(): void {
    this.retired = true;
    if (this.users === 0) this.onUnused();
  }
}
