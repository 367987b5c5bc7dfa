/** The one table of the services behind the gateway: whose they are, what names their address, where their mocks listen. */

/** The five products, in the order in which everything lists them. */
export const systems = ['gongbu', 'interview', 'learning', 'healthpay', 'freelance'] as const;

/** A product behind the gateway. */
export type System = (typeof systems)[number];

/** One service of one product. */
export interface Service {
  readonly system: System;
  /** Unique within the system; `SYSTEM.NAME` is unique everywhere. */
  readonly name: string;
  /** The variable that holds its address, as the system's page names it. */
  readonly urlVariable: string;
  /** The same with the system in front: wins over the page's name, and is the only one where two pages share a name. */
  readonly prefixedUrlVariable: string;
  /** The variable that holds its mock's ports, comma-separated. */
  readonly portVariable: string;
  /** Where its mock listens by default; several ports are several targets with one state. */
  readonly ports: readonly number[];
}

const service = (system: System, name: string, urlVariable: string, ...ports: number[]): Service => ({
  system,
  name,
  urlVariable,
  prefixedUrlVariable: `${system.toUpperCase()}_${urlVariable}`,
  portVariable: `MOCK_${system.toUpperCase()}_${name.toUpperCase()}_PORT`,
  ports,
});

/** Every service of every product. 91xx, so that nothing clashes with the gateway's own ports or the services' real ones. */
export const services: readonly Service[] = [
  service('gongbu', 'auth', 'AUTH_SERVICE_URL', 9101),
  service('gongbu', 'course', 'COURSE_SERVICE_URL', 9102),
  service('gongbu', 'bot', 'BOT_SERVICE_URL', 9103),
  service('gongbu', 'payment', 'PAYMENT_SERVICE_URL', 9104),
  service('gongbu', 'plugin', 'PLUGIN_SERVICE_URL', 9105),
  service('gongbu', 'notification', 'NOTIFICATION_SERVICE_URL', 9106),
  service('gongbu', 'analytics', 'ANALYTICS_SERVICE_URL', 9107),
  service('interview', 'user', 'USER_SERVICE_URL', 9121),
  service('interview', 'interview', 'INTERVIEW_SERVICE_URL', 9122),
  service('interview', 'media', 'MEDIA_SERVICE_URL', 9123),
  service('learning', 'auth', 'AUTH_SERVICE_URL', 9131, 9132),
  service('learning', 'content', 'CONTENT_SERVICE_URL', 9133, 9134),
  service('learning', 'assignment', 'ASSIGNMENT_SERVICE_URL', 9135, 9136),
  service('healthpay', 'auth', 'AUTH_SERVICE_URL', 9141),
  service('healthpay', 'wallet', 'WALLET_SERVICE_URL', 9142),
  service('healthpay', 'payment', 'PAYMENT_SERVICE_URL', 9143),
  service('healthpay', 'transaction', 'TRANSACTION_SERVICE_URL', 9144),
  service('freelance', 'user', 'USER_SERVICE_URL', 9151),
  service('freelance', 'notification', 'NOTIFICATION_SERVICE_URL', 9152),
  service('freelance', 'freelance', 'FREELANCE_SERVICE_URL', 9153),
  service('freelance', 'content', 'CONTENT_SERVICE_URL', 9154),
  service('freelance', 'marketplace', 'MARKETPLACE_SERVICE_URL', 9155),
];

/** `SYSTEM.NAME` → default ports of its mock. */
export const servicePorts: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  services.map((s) => [`${s.system}.${s.name}`, s.ports]),
);
