import type { Mock } from '../../host/mock.js';
import { ok } from '../../host/reply.js';
import { nestMock } from '../nest.js';

const revenue = [
  { month: '2026-01', amount: 8420, currency: 'USD', payments: 263 },
  { month: '2026-02', amount: 9105, currency: 'USD', payments: 281 },
  { month: '2026-03', amount: 11_780, currency: 'USD', payments: 349 },
];

const overview = {
  users: { total: 1264, activeToday: 318 },
  courses: { total: 4, published: 4, completionRate: 0.62 },
  revenue: { month: '2026-03', amount: 11_780, currency: 'USD' },
};

/** Figures for creators and admins. */
export function analyticsService(): Mock {
  return nestMock({
    'GET /analytics': () => ok(overview),
    'GET /analytics/overview': () => ok(overview),
    'GET /analytics/revenue': (x) => {
      const [from, to] = [x.query.get('from') ?? '', x.query.get('to') ?? '9999'];
      return ok({ data: revenue.filter(({ month }) => month >= from && month <= to) });
    },
    'GET /analytics/courses/:id': (x) => ok({ courseId: x.param('id'), views: 5210, enrolments: 112, completions: 69, averageRating: 4.7 }),
  });
}
