/** What every RevocationFeed must do. */

import type { Revocation, RevocationFeed } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

export interface RevocationFeedUnderTest {
  /** Two ends of one feed: what one publishes the other hears. */
  readonly feeds: readonly [RevocationFeed, RevocationFeed];
  now(): number;
  /** Lets what is on its way arrive. */
  settle(): Promise<void>;
}

const revocation = (id: string, now: number): Revocation => ({ system: 's', kind: 'session', id, since: now, until: now + 60_000 });

/** @param open makes an empty feed; called once per test */
export function revocationFeedSuite(name: string, open: () => Promise<RevocationFeedUnderTest>): void {
  const follow = (feed: RevocationFeed) => {
    const got: string[] = [];
    const heard: number[] = [];
    const following = feed.follow(
      ({ id }) => void got.push(id),
      (at) => void heard.push(at),
    );
    return { got, heard, following };
  };

  describe(`revocation feed: ${name}`, () => {
    test('what was published reaches every follower, those that come later too', async () => {
      const { feeds, now, settle } = await open();
      const early = follow(feeds[1]);
      await feeds[0].publish(revocation('a', now()));
      await feeds[0].publish(revocation('b', now()));
      await settle();
      const late = follow(feeds[1]);
      await settle();
      expect([...new Set(early.got)]).toEqual(['a', 'b']);
      expect([...new Set(late.got)]).toEqual(['a', 'b']);
      early.following.close();
      late.following.close();
    });

    test('a follower learns that it has heard all, with nothing published as well', async () => {
      const { feeds, now, settle } = await open();
      const { heard, following } = follow(feeds[0]);
      await settle();
      expect(heard.length).toBeGreaterThan(0);
      expect(Math.abs(heard.at(-1)! - now())).toBeLessThan(10_000);
      following.close();
    });

    test('who closed hears no more', async () => {
      const { feeds, now, settle } = await open();
      const { got, following } = follow(feeds[1]);
      await settle();
      following.close();
      await feeds[0].publish(revocation('a', now()));
      await settle();
      expect(got).toEqual([]);
    });
  });
}
