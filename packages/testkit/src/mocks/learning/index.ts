import { Collection, type Item } from '../../host/collection.js';
import type { MockSystem } from '../../host/mock.js';
import { assignmentService } from './assignment.js';
import { authService } from './auth.js';
import { contentService } from './content.js';

const user = (id: string, email: string, name: string, role: string): Item => ({
  id,
  email,
  name,
  role,
  createdAt: '2026-01-05T08:00:00.000Z',
  updatedAt: '2026-01-05T08:00:00.000Z',
});

/** The flashcard platform. */
export const learning: MockSystem = (environment) => {
  const users = new Collection('usr_', [
    user('usr_1001', 'admin@learning.example', 'Ada Admin', 'admin'),
    user('usr_1002', 'instructor@learning.example', 'Ivan Instructor', 'instructor'),
    user('usr_1003', 'student@learning.example', 'Sofia Student', 'student'),
  ]);
  return {
    auth: authService(environment, users),
    content: contentService(environment),
    assignment: assignmentService(environment),
  };
};
