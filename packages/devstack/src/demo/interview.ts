import { signInSteps } from './sign-in.js';
import type { Walk } from './step.js';

const MIB = 1024 * 1024;

/** AI video interviews. */
export const interview: Walk = {
  system: 'interview',
  title: 'interview: AI video interviews',
  steps: [
    ...signInSteps,
    { shows: 'the caller reads the profile', request: 'GET /users/me', as: 'candidate', status: 200, has: { firstName: 'Mina' } },
    {
      shows: 'and changes it',
      request: 'PUT /users/me',
      as: 'candidate',
      json: { title: 'Frontend developer' },
      status: 200,
      has: { title: 'Frontend developer' },
    },
    {
      shows: 'a recruiter plans an interview',
      request: 'POST /interviews',
      as: 'recruiter',
      json: { title: 'Platform engineer', status: 'scheduled', questions: [{ text: 'What would you automate first?' }] },
      status: 201,
      has: { questions: [{ limitSeconds: 120 }] },
      keep: { interview: 'id' },
    },
    {
      shows: 'it is there',
      request: 'GET /interviews/{interview}',
      as: 'recruiter',
      status: 200,
      has: { status: 'scheduled' },
      reaches: { service: 'interview.interview' },
    },
    {
      shows: 'an upload of 8 MiB streams through',
      request: 'POST /media/upload?interviewId={interview}&filename=answer.webm',
      as: 'candidate',
      headers: { 'content-type': 'video/webm' },
      bytes: 8 * MIB,
      status: 201,
      has: { size: 8 * MIB, contentType: 'video/webm' },
      keep: { media: 'id' },
    },
    {
      shows: 'a download of 4 MiB streams back',
      request: `GET /media/sample?bytes=${4 * MIB}`,
      as: 'recruiter',
      status: 200,
      length: 4 * MIB,
    },
    {
      shows: 'a player jumps to a part of it (Range)',
      request: 'GET /media/{media}/content',
      as: 'recruiter',
      headers: { range: 'bytes=1000-1999' },
      status: 206,
      length: 1000,
      answers: { 'content-range': `bytes 1000-1999/${8 * MIB}` },
    },
    { shows: 'the interview is removed', request: 'DELETE /interviews/{interview}', as: 'recruiter', status: 204 },
    {
      shows: 'a method that a path does not have',
      request: 'DELETE /users/me',
      as: 'candidate',
      status: 405,
      answers: { allow: /PUT/ },
      reaches: null,
    },
  ],
};
