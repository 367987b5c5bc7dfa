/** nginx's own pages: for what Kong exits with without a body, and for the two refusals that Kong has no error for. */

const TITLES: Record<number, string> = {
  301: '301 Moved Permanently',
  302: '302 Found',
  303: '303 See Other',
  307: '307 Temporary Redirect',
  308: '308 Permanent Redirect',
  501: '501 Not Implemented',
  505: '505 HTTP Version Not Supported',
};

/** The page of a status, as nginx words it; null where it has none. */
export function nginxPage(status: number): { contentType: string; text: string } | null {
  const title = TITLES[status];
  if (title === undefined) return null;
  const contentType = status === 301 || status === 302 ? 'text/html' : 'text/html; charset=UTF-8';
  const text = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { contentType, text };
}
