/** Everything of ours begins so; an ACL may be `~chorus:*`. */
export const NAMESPACE = 'chorus:';
export const RECORDS = `${NAMESPACE}records:`;
export const CLAIMS = `${NAMESPACE}claims:`;
export const AGENDAS = `${NAMESPACE}agendas:`;
