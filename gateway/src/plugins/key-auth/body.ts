/** Finds a key in a request's body and takes it out. */
import type { Exchange } from '../../plugin.js';
import { decodeArgs, encodeArgsSorted } from '../lib/args.js';
import { decodeJson, encodeMembers } from '../lib/json.js';
import { MultipartForm } from '../lib/multipart.js';

export interface KeyBody {
  find(name: string): { readonly text: string } | 'several' | null;
  /** The body without that name. */
  without(name: string): Buffer;
}

function formBody(raw: Buffer): KeyBody {
  const args = decodeArgs(raw.toString('latin1'));
  return {
    find(name) {
      const value = args.get(name);
      if (Array.isArray(value)) return 'several';
      return typeof value === 'string' ? { text: value } : null;
    },
    without(name) {
      args.delete(name);
      return Buffer.from(encodeArgsSorted(args), 'latin1');
    },
  };
}

function jsonBody(raw: Buffer): KeyBody | null {
  const value = decodeJson(raw)?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const members = new Map<string, unknown>(Object.entries(value));
  return {
    find(name) {
      const member = members.get(name);
      if (typeof member === 'object' && member !== null) return 'several';
      return typeof member === 'string' ? { text: member } : null;
    },
    without(name) {
      members.delete(name);
      return Buffer.from(encodeMembers(members), 'latin1');
    },
  };
}

function multipartBody(raw: Buffer, contentType: string): KeyBody | null {
  const form = MultipartForm.parse(raw.toString('latin1'), contentType);
  if (!form) return null;
  return {
    find(name) {
      const parts = form.list.filter((part) => part.name === name);
      if (parts.length > 1) return 'several';
      return parts[0] ? { text: parts[0].value } : null;
    },
    without(name) {
      form.delete(name);
      return Buffer.from(form.toString(), 'latin1');
    },
  };
}

/** The body taken apart; null for a type that Kong doesn't look into, or a body that is not what it says. */
export async function readKeyBody(exchange: Exchange): Promise<KeyBody | null> {
  const type = exchange.request.headers.get('content-type');
  const lower = type?.toLowerCase().split(';', 1)[0];
  if (type === undefined || lower === undefined || !exchange.request.hasBody) return null;
  if (lower.startsWith('application/x-www-form-urlencoded')) return formBody(await exchange.readBody());
  if (lower.startsWith('application/json')) return jsonBody(await exchange.readBody());
  return lower.startsWith('multipart/form-data') ? multipartBody(await exchange.readBody(), type) : null;
}
