import { checkHeaderName, record } from '../../schema/typedefs.js';
import type { RecordField } from '../../schema/types.js';
import { text, texts } from './fields.js';

/** Forms in which a trace's identity travels in headers. */
export const TRACE_FORMATS = ['w3c', 'b3', 'b3-single', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'] as const;
const EXTRACTORS = TRACE_FORMATS.filter((format) => format !== 'b3-single');

/** Where trace headers are read from and written to; `format` is written when none came in. */
export function propagation(format: (typeof TRACE_FORMATS)[number]): RecordField {
  return record(
    {
      extract: texts({}, { one_of: EXTRACTORS }),
      clear: texts({}, { custom_validator: checkHeaderName }),
      inject: texts({}, { one_of: ['preserve', ...TRACE_FORMATS] }),
      default_format: text({ one_of: TRACE_FORMATS, required: true }),
    },
    { default: { default_format: format } },
  );
}
