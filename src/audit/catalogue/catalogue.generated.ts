// Generated from event-types.json and event-overlay.json by `npm run generate`. Do not edit.

/** Every event type of the catalogue, by name; an alias names its canonical spelling. */
export const EVENT_TYPES = {
  admin_backup_created: { action: 'admin_backup_creation', outcome: 'success', category: 'administration', compliance: ['soc2'], fields: ['backupType', 'backupLocation', 'backupSize', 'initiatedBy'] },
  admin_config_change_attempted: { action: 'admin_config_change', outcome: 'attempted', category: 'administration', compliance: ['soc2'], fields: ['configKey', 'requestedValue', 'changedBy'] },
  admin_config_change_failed: { action: 'admin_config_change', outcome: 'failure', category: 'administration', compliance: ['soc2'], fields: ['reason', 'configKey', 'changedBy'] },
  admin_config_changed: { action: 'admin_config_change', outcome: 'success', category: 'administration', severity: 'warning', compliance: ['soc2'], fields: ['configKey', 'oldValue', 'newValue', 'changedBy'] },
  admin_user_creation_attempted: { action: 'admin_user_creation', outcome: 'attempted', category: 'administration', compliance: ['soc2'], fields: ['createdBy', 'email', 'initialRole'] },
  admin_user_creation_failed: { action: 'admin_user_creation', outcome: 'failure', category: 'administration', compliance: ['soc2'], fields: ['reason', 'createdBy'] },
  admin_user_created: { action: 'admin_user_creation', outcome: 'success', category: 'administration', compliance: ['soc2'], fields: ['createdBy', 'initialRole', 'userEmail'] },
  admin_user_deletion_attempted: { action: 'admin_user_deletion', outcome: 'attempted', category: 'administration', compliance: ['soc2'], fields: ['deletedBy', 'targetUserId', 'reason'] },
  admin_user_deletion_failed: { action: 'admin_user_deletion', outcome: 'failure', category: 'administration', compliance: ['soc2'], fields: ['reason', 'deletedBy'] },
  admin_user_deleted: { action: 'admin_user_deletion', outcome: 'success', category: 'administration', severity: 'warning', compliance: ['soc2'], fields: ['deletedBy', 'reason', 'userEmail'] },
  admin_user_suspension_attempted: { action: 'admin_user_suspension', outcome: 'attempted', category: 'administration', compliance: ['soc2'], fields: ['suspendedBy', 'targetUserId', 'reason', 'duration'] },
  admin_user_suspension_failed: { action: 'admin_user_suspension', outcome: 'failure', category: 'administration', compliance: ['soc2'], fields: ['reason', 'suspendedBy'] },
  admin_user_suspended: { action: 'admin_user_suspension', outcome: 'success', category: 'administration', severity: 'warning', compliance: ['soc2'], fields: ['suspendedBy', 'reason', 'duration'] },
  api_key_created: { action: 'api_key_creation', outcome: 'success', category: 'authentication' },
  api_key_revoked: { action: 'api_key_revocation', outcome: 'success', category: 'authentication' },
  api_key_used: { action: 'api_key_use', outcome: 'success', category: 'authentication' },
  auth_token_refresh_attempted: { action: 'auth_token_refresh', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['userId'] },
  auth_token_refresh_failed: { action: 'auth_token_refresh', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'userId', 'sessionId'] },
  auth_token_refreshed: { action: 'auth_token_refresh', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['sessionId'] },
  token_refresh: { aliasOf: 'auth_token_refreshed' },
  global_token_rotation_attempted: { action: 'global_token_rotation', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['triggeredBy', 'reason'] },
  global_token_rotation_failed: { action: 'global_token_rotation', outcome: 'failure', category: 'authentication', severity: 'error', compliance: ['pci_dss'], fields: ['triggeredBy', 'reason', 'failureReason'] },
  global_token_rotation_succeeded: { action: 'global_token_rotation', outcome: 'success', category: 'authentication', severity: 'warning', compliance: ['pci_dss'], fields: ['triggeredBy', 'previousVersion', 'newVersion', 'reason', 'gracePeriodSeconds'] },
  mfa_challenge_failure: { action: 'mfa_challenge', outcome: 'failure', category: 'authentication' },
  mfa_challenge_success: { action: 'mfa_challenge', outcome: 'success', category: 'authentication' },
  oauth_authorize: { action: 'oauth_authorize', outcome: 'success', category: 'authentication' },
  oauth_client_registered: { action: 'oauth_client_registration', outcome: 'success', category: 'authentication' },
  oauth_code_generated: { action: 'oauth_code_generation', outcome: 'success', category: 'authentication' },
  oauth_token_exchange: { action: 'oauth_token_exchange', outcome: 'success', category: 'authentication' },
  password_reset_confirm_attempted: { action: 'password_reset_confirm', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['token'] },
  password_reset_confirm_failed: { action: 'password_reset_confirm', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'token'] },
  user_password_reset_failed: { aliasOf: 'password_reset_confirm_failed' },
  password_reset_completed: { aliasOf: 'user_password_reset_completed' },
  user_password_reset_completed: { action: 'password_reset_confirm', outcome: 'success', category: 'authentication', compliance: ['pci_dss'] },
  password_reset_request_attempted: { action: 'password_reset_request', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['email'] },
  password_reset_requested: { aliasOf: 'user_password_reset_requested' },
  user_password_reset_requested: { action: 'password_reset_request', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['method', 'email'] },
  token_issued: { action: 'token_issuance', outcome: 'success', category: 'authentication' },
  token_revoked: { action: 'token_revocation', outcome: 'success', category: 'authentication' },
  token_rejected_version_mismatch: { action: 'token_validation', outcome: 'denied', category: 'authentication', compliance: ['pci_dss'], fields: ['tokenVersion', 'requiredVersion', 'rejectionReason', 'userId'] },
  token_validation_failed: { action: 'token_validation', outcome: 'failure', category: 'authentication' },
  user_email_verification_attempted: { action: 'user_email_verification', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['email'] },
  user_email_verification_failed: { action: 'user_email_verification', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason'] },
  user_email_verified: { action: 'user_email_verification', outcome: 'success', category: 'authentication', compliance: ['pci_dss'] },
  user_login_attempted: { action: 'user_login', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['email', 'method'] },
  login_failed: { aliasOf: 'user_login_failed' },
  login_failure: { aliasOf: 'user_login_failed' },
  user_login_failed: { action: 'user_login', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'attempts', 'email', 'username', 'method'] },
  login_success: { aliasOf: 'user_login_success' },
  user_login: { aliasOf: 'user_login_success' },
  user_login_success: { action: 'user_login', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['method', 'mfa', 'rememberMe', 'username', 'sessionId'] },
  user_logout_attempted: { action: 'user_logout', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['sessionId'] },
  user_logout_failed: { action: 'user_logout', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'sessionId'] },
  logout: { aliasOf: 'user_logout' },
  user_logout: { action: 'user_logout', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['sessionId', 'logoutMethod'] },
  user_mfa_disable_attempted: { action: 'user_mfa_disable', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['initiatedBy'] },
  user_mfa_disable_failed: { action: 'user_mfa_disable', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'initiatedBy', 'attempts'] },
  mfa_disabled: { aliasOf: 'user_mfa_disabled' },
  user_mfa_disabled: { action: 'user_mfa_disable', outcome: 'success', category: 'authentication', severity: 'warning', compliance: ['pci_dss'], fields: ['initiatedBy', 'reason', 'mfaMethod'] },
  user_mfa_enable_attempted: { action: 'user_mfa_enable', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['mfaMethod'] },
  user_mfa_enable_failed: { action: 'user_mfa_enable', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'mfaMethod', 'attempts'] },
  mfa_enabled: { aliasOf: 'user_mfa_enabled' },
  user_mfa_enabled: { action: 'user_mfa_enable', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['mfaMethod'] },
  user_password_change_attempted: { action: 'user_password_change', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['initiatedBy'] },
  user_password_change_failed: { action: 'user_password_change', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['reason', 'initiatedBy', 'attempts'] },
  password_changed: { aliasOf: 'user_password_changed' },
  user_password_changed: { action: 'user_password_change', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['initiatedBy', 'method', 'forced'] },
  user_registration_attempted: { action: 'user_registration', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['email', 'registrationMethod'] },
  user_registration_failed: { action: 'user_registration', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['email', 'reason'] },
  user_registered: { action: 'user_registration', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['registrationMethod', 'emailVerified'] },
  user_token_rotation_attempted: { action: 'user_token_rotation', outcome: 'attempted', category: 'authentication', compliance: ['pci_dss'], fields: ['userId', 'triggeredBy', 'reason'] },
  user_token_rotation_failed: { action: 'user_token_rotation', outcome: 'failure', category: 'authentication', compliance: ['pci_dss'], fields: ['userId', 'triggeredBy', 'reason', 'failureReason'] },
  user_token_rotation_succeeded: { action: 'user_token_rotation', outcome: 'success', category: 'authentication', compliance: ['pci_dss'], fields: ['userId', 'triggeredBy', 'previousVersion', 'newVersion', 'reason'] },
  access_attempted: { action: 'access', outcome: 'attempted', category: 'authorization', compliance: ['soc2'], fields: ['resource', 'action'] },
  access_denied: { action: 'access', outcome: 'denied', category: 'authorization', compliance: ['soc2'], fields: ['resource', 'reason', 'action'] },
  access_granted: { action: 'access', outcome: 'success', category: 'authorization', compliance: ['soc2'], fields: ['resource', 'permissionLevel', 'action'] },
  permission_change_attempted: { action: 'permission_change', outcome: 'attempted', category: 'authorization', compliance: ['soc2'], fields: ['changedBy', 'targetUserId', 'requestedPermissions'] },
  permission_change_failed: { action: 'permission_change', outcome: 'failure', category: 'authorization', compliance: ['soc2'], fields: ['reason', 'changedBy'] },
  permission_changed: { action: 'permission_change', outcome: 'success', category: 'authorization', severity: 'warning', compliance: ['soc2'], fields: ['changedBy', 'oldPermissions', 'newPermissions'] },
  role_assignment_attempted: { action: 'role_assignment', outcome: 'attempted', category: 'authorization', compliance: ['soc2'], fields: ['roleName', 'assignedBy', 'targetUserId'] },
  role_assignment_failed: { action: 'role_assignment', outcome: 'failure', category: 'authorization', compliance: ['soc2'], fields: ['reason', 'roleName', 'storeId'] },
  role_assigned: { action: 'role_assignment', outcome: 'success', category: 'authorization', compliance: ['soc2'], fields: ['roleName', 'assignedBy', 'storeId'] },
  role_revocation_attempted: { action: 'role_revocation', outcome: 'attempted', category: 'authorization', compliance: ['soc2'], fields: ['roleName', 'revokedBy', 'targetUserId'] },
  role_revocation_failed: { action: 'role_revocation', outcome: 'failure', category: 'authorization', compliance: ['soc2'], fields: ['reason', 'roleName', 'storeId'] },
  role_revoked: { action: 'role_revocation', outcome: 'success', category: 'authorization', compliance: ['soc2'], fields: ['roleName', 'revokedBy', 'reason', 'storeId'] },
  inventory_updated: { action: 'inventory_update', outcome: 'success', category: 'catalog' },
  price_changed: { action: 'price_change', outcome: 'success', category: 'catalog' },
  product_activated: { action: 'product_activation', outcome: 'success', category: 'catalog' },
  product_created: { action: 'product_creation', outcome: 'success', category: 'catalog' },
  product_deactivated: { action: 'product_deactivation', outcome: 'success', category: 'catalog' },
  product_deleted: { action: 'product_deletion', outcome: 'success', category: 'catalog' },
  product_updated: { action: 'product_update', outcome: 'success', category: 'catalog' },
  chat_member_added: { action: 'chat_member_addition', outcome: 'success', category: 'chat' },
  chat_member_removed: { action: 'chat_member_removal', outcome: 'success', category: 'chat' },
  chat_message_deleted: { action: 'chat_message_deletion', outcome: 'success', category: 'chat' },
  chat_message_edited: { action: 'chat_message_edit', outcome: 'success', category: 'chat' },
  chat_message_sent: { action: 'chat_message_sending', outcome: 'success', category: 'chat' },
  chat_room_created: { action: 'chat_room_creation', outcome: 'success', category: 'chat' },
  backup_created: { action: 'backup_creation', outcome: 'success', category: 'configuration' },
  backup_restored: { action: 'backup_restoration', outcome: 'success', category: 'configuration', severity: 'warning' },
  configuration_changed: { action: 'configuration_change', outcome: 'success', category: 'configuration' },
  feature_disabled: { action: 'feature_disablement', outcome: 'success', category: 'configuration' },
  feature_enabled: { action: 'feature_enablement', outcome: 'success', category: 'configuration' },
  maintenance_mode_disabled: { action: 'maintenance_mode_disablement', outcome: 'success', category: 'configuration' },
  maintenance_mode_enabled: { action: 'maintenance_mode_enablement', outcome: 'success', category: 'configuration', severity: 'warning' },
  settings_changed: { action: 'settings_change', outcome: 'success', category: 'configuration' },
  data_deletion_attempted: { action: 'data_deletion', outcome: 'attempted', category: 'data_access', compliance: ['gdpr'], fields: ['deletionType', 'dataScope', 'requestedBy'] },
  data_deletion_failed: { action: 'data_deletion', outcome: 'failure', category: 'data_access', compliance: ['gdpr'], fields: ['reason', 'dataScope'] },
  data_deleted: { action: 'data_deletion', outcome: 'success', category: 'data_access', severity: 'warning', compliance: ['gdpr'], fields: ['deletionType', 'dataScope', 'requestedBy'] },
  data_export_attempted: { action: 'data_export', outcome: 'attempted', category: 'data_access', compliance: ['gdpr'], fields: ['exportFormat', 'dataScope'] },
  data_export_failed: { action: 'data_export', outcome: 'failure', category: 'data_access', compliance: ['gdpr'], fields: ['reason', 'exportFormat'] },
  data_exported: { action: 'data_export', outcome: 'success', category: 'data_access', compliance: ['gdpr'], fields: ['exportFormat', 'dataScope', 'exportReason', 'fileSize'] },
  data_imported: { action: 'data_import', outcome: 'success', category: 'data_access' },
  data_modification_attempted: { action: 'data_modification', outcome: 'attempted', category: 'data_access', compliance: ['gdpr'], fields: ['fieldsToChange', 'changeReason'] },
  data_modification_failed: { action: 'data_modification', outcome: 'failure', category: 'data_access', compliance: ['gdpr'], fields: ['reason', 'fieldsAttempted'] },
  data_modified: { action: 'data_modification', outcome: 'success', category: 'data_access', compliance: ['gdpr'], fields: ['fieldsChanged', 'changeReason', 'oldValues', 'newValues'] },
  data_viewed: { action: 'data_view', outcome: 'success', category: 'data_access', compliance: ['gdpr'], fields: ['dataType', 'fieldsAccessed'] },
  report_generated: { action: 'report_generation', outcome: 'success', category: 'data_access' },
  account_sync_attempted: { action: 'account_sync', outcome: 'attempted', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName'] },
  account_sync_failed: { action: 'account_sync', outcome: 'failure', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName', 'reason'] },
  account_sync_succeeded: { action: 'account_sync', outcome: 'success', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName', 'accountCount'] },
  file_import_attempted: { action: 'file_import', outcome: 'attempted', category: 'data_sync', compliance: ['pci_dss'], fields: ['providerSlug', 'fileName', 'fileFormat'] },
  file_import_failed: { action: 'file_import', outcome: 'failure', category: 'data_sync', compliance: ['pci_dss'], fields: ['providerSlug', 'fileName', 'fileFormat', 'reason'] },
  file_import_succeeded: { action: 'file_import', outcome: 'success', category: 'data_sync', compliance: ['pci_dss'], fields: ['providerSlug', 'fileName', 'fileFormat', 'accountCount', 'transactionCount'] },
  holdings_sync_attempted: { action: 'holdings_sync', outcome: 'attempted', category: 'data_sync', compliance: ['pci_dss'], fields: ['accountId', 'providerName'] },
  holdings_sync_failed: { action: 'holdings_sync', outcome: 'failure', category: 'data_sync', compliance: ['pci_dss'], fields: ['accountId', 'providerName', 'reason'] },
  holdings_sync_succeeded: { action: 'holdings_sync', outcome: 'success', category: 'data_sync', compliance: ['pci_dss'], fields: ['accountId', 'providerName', 'holdingCount'] },
  transaction_sync_attempted: { action: 'transaction_sync', outcome: 'attempted', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName', 'accountId'] },
  transaction_sync_failed: { action: 'transaction_sync', outcome: 'failure', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName', 'accountId', 'reason'] },
  transaction_sync_succeeded: { action: 'transaction_sync', outcome: 'success', category: 'data_sync', compliance: ['pci_dss'], fields: ['connectionId', 'providerName', 'accountId', 'transactionCount'] },
  file_deleted: { action: 'file_deletion', outcome: 'success', category: 'file' },
  file_downloaded: { action: 'file_download', outcome: 'success', category: 'file' },
  file_uploaded: { action: 'file_upload', outcome: 'success', category: 'file' },
  external_api_called: { action: 'external_api_call', outcome: 'success', category: 'integration' },
  webhook_processed: { action: 'webhook_processing', outcome: 'success', category: 'integration' },
  webhook_received: { action: 'webhook_receipt', outcome: 'success', category: 'integration' },
  email_sent: { action: 'email_sending', outcome: 'success', category: 'messaging' },
  notification_sent: { action: 'notification_sending', outcome: 'success', category: 'messaging' },
  sms_sent: { action: 'sms_sending', outcome: 'success', category: 'messaging' },
  order_canceled: { action: 'order_cancellation', outcome: 'success', category: 'order' },
  order_created: { action: 'order_creation', outcome: 'success', category: 'order' },
  order_shipped: { action: 'order_shipment', outcome: 'success', category: 'order' },
  order_updated: { action: 'order_update', outcome: 'success', category: 'order' },
  payment_received: { action: 'payment_receipt', outcome: 'success', category: 'payment' },
  payment_refunded: { action: 'payment_refund', outcome: 'success', category: 'payment' },
  gdpr_data_deleted: { action: 'gdpr_data_deletion', outcome: 'success', category: 'privacy', severity: 'warning' },
  gdpr_data_export: { action: 'gdpr_data_export', outcome: 'success', category: 'privacy' },
  privacy_policy_accepted: { action: 'privacy_policy_acceptance', outcome: 'success', category: 'privacy' },
  terms_accepted: { action: 'terms_acceptance', outcome: 'success', category: 'privacy' },
  provider_account_viewed: { action: 'provider_account_view', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'accountType', 'accountMask'] },
  provider_connection_attempted: { action: 'provider_connection', outcome: 'attempted', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'connectionMethod'] },
  provider_connection_failed: { action: 'provider_connection', outcome: 'failure', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'reason', 'errorCode'] },
  provider_connected: { action: 'provider_connection', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'connectionMethod'] },
  provider_data_sync_attempted: { action: 'provider_data_sync', outcome: 'attempted', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'dataTypes'] },
  provider_data_sync_failed: { action: 'provider_data_sync', outcome: 'failure', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'reason', 'errorCode'] },
  provider_data_synced: { action: 'provider_data_sync', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'dataTypes', 'recordsSynced'] },
  provider_disconnection_attempted: { action: 'provider_disconnection', outcome: 'attempted', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'disconnectionReason'] },
  provider_disconnection_failed: { action: 'provider_disconnection', outcome: 'failure', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'reason'] },
  provider_disconnected: { action: 'provider_disconnection', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'disconnectionReason'] },
  provider_token_refresh_attempted: { action: 'provider_token_refresh', outcome: 'attempted', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'tokenType'] },
  provider_token_refresh_failed: { action: 'provider_token_refresh', outcome: 'failure', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'errorCode', 'errorMessage'] },
  provider_token_refreshed: { action: 'provider_token_refresh', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'tokenType'] },
  provider_transaction_viewed: { action: 'provider_transaction_view', outcome: 'success', category: 'provider', compliance: ['pci_dss'], fields: ['providerName', 'accountMask', 'transactionCount', 'dateRange'] },
  rate_limit_check_attempted: { action: 'rate_limit_check', outcome: 'attempted', category: 'rate_limit', fields: ['endpoint', 'identifier', 'scope', 'cost'] },
  rate_limit_check_denied: { action: 'rate_limit_check', outcome: 'denied', category: 'rate_limit', fields: ['endpoint', 'identifier', 'scope', 'retryAfter', 'limit', 'remaining'] },
  rate_limit_check_allowed: { action: 'rate_limit_check', outcome: 'success', category: 'rate_limit', fields: ['endpoint', 'identifier', 'scope', 'remainingTokens', 'executionTimeMs'] },
  all_sessions_revocation_attempted: { action: 'all_sessions_revocation', outcome: 'attempted', category: 'session', fields: ['revokedBy', 'reason', 'exceptSessionId'] },
  all_sessions_revocation_failed: { action: 'all_sessions_revocation', outcome: 'failure', category: 'session', fields: ['reason', 'failureReason'] },
  all_sessions_revoked: { action: 'all_sessions_revocation', outcome: 'success', category: 'session', severity: 'warning', fields: ['revokedBy', 'reason', 'sessionsRevokedCount', 'exceptSessionId'] },
  session_evicted: { action: 'session_eviction', outcome: 'success', category: 'session', fields: ['sessionId', 'evictionReason', 'activeSessionsCount'] },
  session_expired: { action: 'session_expiry', outcome: 'success', category: 'session' },
  session_provider_access: { action: 'session_provider_access', outcome: 'success', category: 'session', fields: ['sessionId', 'providerName', 'accessType'] },
  session_revocation_attempted: { action: 'session_revocation', outcome: 'attempted', category: 'session', fields: ['sessionId', 'revokedBy', 'reason'] },
  session_revocation_failed: { action: 'session_revocation', outcome: 'failure', category: 'session', fields: ['sessionId', 'reason', 'failureReason'] },
  session_revoked: { action: 'session_revocation', outcome: 'success', category: 'session', fields: ['sessionId', 'revokedBy', 'reason'] },
  suspicious_session_activity: { action: 'suspicious_session_activity', outcome: 'success', category: 'session', severity: 'critical', fields: ['sessionId', 'activityType', 'riskScore', 'detectionReason', 'attempts', 'lockedMinutes'] },
  operation: { action: 'operation', outcome: 'success', category: 'system' },
  system_started: { action: 'system_start', outcome: 'success', category: 'system' },
  system_stopped: { action: 'system_stop', outcome: 'success', category: 'system' },
  email_changed: { action: 'email_change', outcome: 'success', category: 'user_management' },
  user_activated: { action: 'user_activation', outcome: 'success', category: 'user_management' },
  user_created: { action: 'user_creation', outcome: 'success', category: 'user_management' },
  user_deactivated: { action: 'user_deactivation', outcome: 'success', category: 'user_management' },
  user_deleted: { action: 'user_deletion', outcome: 'success', category: 'user_management' },
  user_profile_updated: { action: 'user_profile_update', outcome: 'success', category: 'user_management' },
  user_updated: { action: 'user_update', outcome: 'success', category: 'user_management' },
} as const;

/** What the detail fields hold that hold no text. */
export const DETAIL_KINDS = {
  accountCount: 'number',
  accountId: 'key',
  activeSessionsCount: 'number',
  assignedBy: 'key',
  attempts: 'number',
  backupSize: 'number',
  changedBy: 'key',
  connectionId: 'key',
  cost: 'number',
  createdBy: 'key',
  dataScope: 'any',
  dataTypes: 'list',
  dateRange: 'any',
  deletedBy: 'key',
  duration: 'key',
  emailVerified: 'boolean',
  errorCode: 'key',
  exceptSessionId: 'key',
  executionTimeMs: 'number',
  fieldsAccessed: 'list',
  fieldsAttempted: 'list',
  fieldsChanged: 'list',
  fieldsToChange: 'list',
  fileSize: 'number',
  forced: 'boolean',
  gracePeriodSeconds: 'number',
  holdingCount: 'number',
  identifier: 'key',
  initiatedBy: 'key',
  limit: 'number',
  lockedMinutes: 'number',
  mfa: 'boolean',
  newPermissions: 'list',
  newValue: 'any',
  newValues: 'any',
  newVersion: 'number',
  oldPermissions: 'list',
  oldValue: 'any',
  oldValues: 'any',
  previousVersion: 'number',
  recordsSynced: 'number',
  remaining: 'number',
  remainingTokens: 'number',
  rememberMe: 'boolean',
  requestedBy: 'key',
  requestedPermissions: 'list',
  requestedValue: 'any',
  requiredVersion: 'number',
  retryAfter: 'number',
  revokedBy: 'key',
  riskScore: 'number',
  sessionId: 'key',
  sessionsRevokedCount: 'number',
  storeId: 'key',
  suspendedBy: 'key',
  targetUserId: 'key',
  tokenVersion: 'number',
  transactionCount: 'number',
  triggeredBy: 'key',
  userId: 'key',
} as const;

/** The detail fields that say something of a person, in whatever event they stand. */
export const PERSONAL_DETAILS = [
  'accountMask',
  'address',
  'birthDate',
  'dateOfBirth',
  'displayName',
  'email',
  'emailAddress',
  'firstName',
  'fullName',
  'identifier',
  'ip',
  'ipAddress',
  'lastName',
  'mobile',
  'name',
  'newEmail',
  'oldEmail',
  'phone',
  'phoneNumber',
  'userAgent',
  'userEmail',
  'userName',
  'username',
] as const;

/** Values that are usual, where others are welcome. */
type Open<Word extends string> = Word | (string & {});

/** The name of a person or a thing, by text or number. */
type Key = string | number | bigint;

/** Details of which the lists name no field. */
export type AnyDetails = object;

/** The details of each event type and alias. */
export interface DetailsByType {
  admin_backup_created: { readonly backupType?: 'full' | 'incremental' | 'differential' | undefined; readonly backupLocation?: string | undefined; readonly backupSize?: number | undefined; readonly initiatedBy?: Open<'system' | 'admin'> | number | bigint | undefined };
  admin_config_change_attempted: { readonly configKey?: string | undefined; readonly requestedValue?: unknown | undefined; readonly changedBy?: Key | undefined };
  admin_config_change_failed: { readonly reason?: Open<'invalid_value' | 'locked_config' | 'permission_denied'> | undefined; readonly configKey?: string | undefined; readonly changedBy?: Key | undefined };
  admin_config_changed: { readonly configKey?: string | undefined; readonly oldValue?: unknown | undefined; readonly newValue?: unknown | undefined; readonly changedBy?: Key | undefined };
  admin_user_creation_attempted: { readonly createdBy?: Key | undefined; readonly email?: string | undefined; readonly initialRole?: string | undefined };
  admin_user_creation_failed: { readonly reason?: Open<'duplicate_email' | 'validation_error' | 'permission_denied'> | undefined; readonly createdBy?: Key | undefined };
  admin_user_created: { readonly createdBy?: Key | undefined; readonly initialRole?: string | undefined; readonly userEmail?: string | undefined };
  admin_user_deletion_attempted: { readonly deletedBy?: Key | undefined; readonly targetUserId?: Key | undefined; readonly reason?: string | undefined };
  admin_user_deletion_failed: { readonly reason?: Open<'in_use' | 'constraint_violation' | 'permission_denied'> | undefined; readonly deletedBy?: Key | undefined };
  admin_user_deleted: { readonly deletedBy?: Key | undefined; readonly reason?: string | undefined; readonly userEmail?: string | undefined };
  admin_user_suspension_attempted: { readonly suspendedBy?: Key | undefined; readonly targetUserId?: Key | undefined; readonly reason?: string | undefined; readonly duration?: Key | undefined };
  admin_user_suspension_failed: { readonly reason?: Open<'already_suspended' | 'permission_denied' | 'cannot_suspend_admin'> | undefined; readonly suspendedBy?: Key | undefined };
  admin_user_suspended: { readonly suspendedBy?: Key | undefined; readonly reason?: string | undefined; readonly duration?: Key | undefined };
  api_key_created: AnyDetails;
  api_key_revoked: AnyDetails;
  api_key_used: AnyDetails;
  auth_token_refresh_attempted: { readonly userId?: Key | undefined };
  auth_token_refresh_failed: { readonly reason?: Open<'token_expired' | 'token_revoked' | 'token_invalid' | 'user_not_found'> | undefined; readonly userId?: Key | undefined; readonly sessionId?: Key | undefined };
  auth_token_refreshed: { readonly sessionId?: Key | undefined };
  token_refresh: DetailsByType['auth_token_refreshed'];
  global_token_rotation_attempted: { readonly triggeredBy?: Key | undefined; readonly reason?: Open<'security_breach' | 'scheduled' | 'manual'> | undefined };
  global_token_rotation_failed: { readonly triggeredBy?: Key | undefined; readonly reason?: string | undefined; readonly failureReason?: string | undefined };
  global_token_rotation_succeeded: { readonly triggeredBy?: Key | undefined; readonly previousVersion?: number | undefined; readonly newVersion?: number | undefined; readonly reason?: string | undefined; readonly gracePeriodSeconds?: number | undefined };
  mfa_challenge_failure: AnyDetails;
  mfa_challenge_success: AnyDetails;
  oauth_authorize: AnyDetails;
  oauth_client_registered: AnyDetails;
  oauth_code_generated: AnyDetails;
  oauth_token_exchange: AnyDetails;
  password_reset_confirm_attempted: { readonly token?: string | undefined };
  password_reset_confirm_failed: { readonly reason?: Open<'invalid_token' | 'expired_link' | 'weak_password'> | undefined; readonly token?: string | undefined };
  user_password_reset_failed: DetailsByType['password_reset_confirm_failed'];
  password_reset_completed: DetailsByType['user_password_reset_completed'];
  user_password_reset_completed: AnyDetails;
  password_reset_request_attempted: { readonly email?: string | undefined };
  password_reset_requested: DetailsByType['user_password_reset_requested'];
  user_password_reset_requested: { readonly method?: Open<'email_link' | 'security_questions'> | undefined; readonly email?: string | undefined };
  token_issued: AnyDetails;
  token_revoked: AnyDetails;
  token_rejected_version_mismatch: { readonly tokenVersion?: number | undefined; readonly requiredVersion?: number | undefined; readonly rejectionReason?: Open<'global_rotation' | 'user_rotation'> | undefined; readonly userId?: Key | undefined };
  token_validation_failed: AnyDetails;
  user_email_verification_attempted: { readonly email?: string | undefined };
  user_email_verification_failed: { readonly reason?: Open<'invalid_token' | 'expired_token' | 'already_verified'> | undefined };
  user_email_verified: AnyDetails;
  user_login_attempted: { readonly email?: string | undefined; readonly method?: Open<'password' | 'oauth' | 'mfa'> | undefined };
  login_failed: DetailsByType['user_login_failed'];
  login_failure: DetailsByType['user_login_failed'];
  user_login_failed: { readonly reason?: Open<'invalid_password' | 'user_not_found'> | undefined; readonly attempts?: number | undefined; readonly email?: string | undefined; readonly username?: string | undefined; readonly method?: Open<'password' | 'oauth' | 'mfa'> | undefined };
  login_success: DetailsByType['user_login_success'];
  user_login: DetailsByType['user_login_success'];
  user_login_success: { readonly method?: Open<'password' | 'oauth' | 'mfa'> | undefined; readonly mfa?: boolean | undefined; readonly rememberMe?: boolean | undefined; readonly username?: string | undefined; readonly sessionId?: Key | undefined };
  user_logout_attempted: { readonly sessionId?: Key | undefined };
  user_logout_failed: { readonly reason?: Open<'session_not_found' | 'cleanup_error'> | undefined; readonly sessionId?: Key | undefined };
  logout: DetailsByType['user_logout'];
  user_logout: { readonly sessionId?: Key | undefined; readonly logoutMethod?: Open<'explicit' | 'timeout' | 'revoked'> | undefined };
  user_mfa_disable_attempted: { readonly initiatedBy?: Open<'user' | 'admin'> | number | bigint | undefined };
  user_mfa_disable_failed: { readonly reason?: Open<'wrong_password' | 'security_check_failed'> | undefined; readonly initiatedBy?: Key | undefined; readonly attempts?: number | undefined };
  mfa_disabled: DetailsByType['user_mfa_disabled'];
  user_mfa_disabled: { readonly initiatedBy?: Open<'user' | 'admin'> | number | bigint | undefined; readonly reason?: Open<'lost_device' | 'user_request'> | undefined; readonly mfaMethod?: string | undefined };
  user_mfa_enable_attempted: { readonly mfaMethod?: Open<'totp' | 'sms' | 'email'> | undefined };
  user_mfa_enable_failed: { readonly reason?: Open<'invalid_code' | 'setup_timeout' | 'already_enabled'> | undefined; readonly mfaMethod?: string | undefined; readonly attempts?: number | undefined };
  mfa_enabled: DetailsByType['user_mfa_enabled'];
  user_mfa_enabled: { readonly mfaMethod?: Open<'totp' | 'sms' | 'email'> | undefined };
  user_password_change_attempted: { readonly initiatedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined };
  user_password_change_failed: { readonly reason?: Open<'wrong_current_password' | 'weak_new_password'> | undefined; readonly initiatedBy?: Key | undefined; readonly attempts?: number | undefined };
  password_changed: DetailsByType['user_password_changed'];
  user_password_changed: { readonly initiatedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined; readonly method?: Open<'self_service' | 'admin_reset' | 'forced_reset'> | undefined; readonly forced?: boolean | undefined };
  user_registration_attempted: { readonly email?: string | undefined; readonly registrationMethod?: Open<'email' | 'oauth' | 'invite'> | undefined };
  user_registration_failed: { readonly email?: string | undefined; readonly reason?: Open<'duplicate_email' | 'weak_password' | 'validation_error'> | undefined };
  user_registered: { readonly registrationMethod?: Open<'email' | 'oauth' | 'invite'> | undefined; readonly emailVerified?: boolean | undefined };
  user_token_rotation_attempted: { readonly userId?: Key | undefined; readonly triggeredBy?: Key | undefined; readonly reason?: Open<'password_change' | 'suspicious_activity' | 'manual'> | undefined };
  user_token_rotation_failed: { readonly userId?: Key | undefined; readonly triggeredBy?: Key | undefined; readonly reason?: string | undefined; readonly failureReason?: string | undefined };
  user_token_rotation_succeeded: { readonly userId?: Key | undefined; readonly triggeredBy?: Key | undefined; readonly previousVersion?: number | undefined; readonly newVersion?: number | undefined; readonly reason?: string | undefined };
  access_attempted: { readonly resource?: string | undefined; readonly action?: Open<'read' | 'write' | 'delete'> | undefined };
  access_denied: { readonly resource?: string | undefined; readonly reason?: Open<'no_permission' | 'suspended_account'> | undefined; readonly action?: string | undefined };
  access_granted: { readonly resource?: string | undefined; readonly permissionLevel?: Open<'read' | 'write' | 'admin'> | undefined; readonly action?: string | undefined };
  permission_change_attempted: { readonly changedBy?: Key | undefined; readonly targetUserId?: Key | undefined; readonly requestedPermissions?: readonly string[] | undefined };
  permission_change_failed: { readonly reason?: Open<'insufficient_privileges' | 'invalid_permission'> | undefined; readonly changedBy?: Key | undefined };
  permission_changed: { readonly changedBy?: Key | undefined; readonly oldPermissions?: readonly string[] | undefined; readonly newPermissions?: readonly string[] | undefined };
  role_assignment_attempted: { readonly roleName?: string | undefined; readonly assignedBy?: Key | undefined; readonly targetUserId?: Key | undefined };
  role_assignment_failed: { readonly reason?: Open<'invalid_role' | 'no_permission' | 'already_assigned'> | undefined; readonly roleName?: string | undefined; readonly storeId?: Key | undefined };
  role_assigned: { readonly roleName?: string | undefined; readonly assignedBy?: Key | undefined; readonly storeId?: Key | undefined };
  role_revocation_attempted: { readonly roleName?: string | undefined; readonly revokedBy?: Key | undefined; readonly targetUserId?: Key | undefined };
  role_revocation_failed: { readonly reason?: Open<'last_admin_role' | 'no_permission'> | undefined; readonly roleName?: string | undefined; readonly storeId?: Key | undefined };
  role_revoked: { readonly roleName?: string | undefined; readonly revokedBy?: Key | undefined; readonly reason?: string | undefined; readonly storeId?: Key | undefined };
  inventory_updated: AnyDetails;
  price_changed: AnyDetails;
  product_activated: AnyDetails;
  product_created: AnyDetails;
  product_deactivated: AnyDetails;
  product_deleted: AnyDetails;
  product_updated: AnyDetails;
  chat_member_added: AnyDetails;
  chat_member_removed: AnyDetails;
  chat_message_deleted: AnyDetails;
  chat_message_edited: AnyDetails;
  chat_message_sent: AnyDetails;
  chat_room_created: AnyDetails;
  backup_created: AnyDetails;
  backup_restored: AnyDetails;
  configuration_changed: AnyDetails;
  feature_disabled: AnyDetails;
  feature_enabled: AnyDetails;
  maintenance_mode_disabled: AnyDetails;
  maintenance_mode_enabled: AnyDetails;
  settings_changed: AnyDetails;
  data_deletion_attempted: { readonly deletionType?: 'soft' | 'hard' | 'anonymization' | undefined; readonly dataScope?: unknown | undefined; readonly requestedBy?: Key | undefined };
  data_deletion_failed: { readonly reason?: Open<'in_use' | 'constraint_violation' | 'insufficient_permission'> | undefined; readonly dataScope?: unknown | undefined };
  data_deleted: { readonly deletionType?: 'soft' | 'hard' | 'anonymization' | undefined; readonly dataScope?: unknown | undefined; readonly requestedBy?: Key | undefined };
  data_export_attempted: { readonly exportFormat?: Open<'json' | 'csv' | 'pdf'> | undefined; readonly dataScope?: unknown | undefined };
  data_export_failed: { readonly reason?: Open<'too_large' | 'timeout' | 'permission_denied'> | undefined; readonly exportFormat?: string | undefined };
  data_exported: { readonly exportFormat?: Open<'json' | 'csv' | 'pdf'> | undefined; readonly dataScope?: unknown | undefined; readonly exportReason?: Open<'user_request' | 'backup'> | undefined; readonly fileSize?: number | undefined };
  data_imported: AnyDetails;
  data_modification_attempted: { readonly fieldsToChange?: readonly string[] | undefined; readonly changeReason?: string | undefined };
  data_modification_failed: { readonly reason?: Open<'validation_error' | 'constraint_violation' | 'permission_denied'> | undefined; readonly fieldsAttempted?: readonly string[] | undefined };
  data_modified: { readonly fieldsChanged?: readonly string[] | undefined; readonly changeReason?: string | undefined; readonly oldValues?: unknown | undefined; readonly newValues?: unknown | undefined };
  data_viewed: { readonly dataType?: Open<'profile' | 'financial'> | undefined; readonly fieldsAccessed?: readonly string[] | undefined };
  report_generated: AnyDetails;
  account_sync_attempted: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined };
  account_sync_failed: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined; readonly reason?: Open<'api_error' | 'auth_failed' | 'network_error'> | undefined };
  account_sync_succeeded: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined; readonly accountCount?: number | undefined };
  file_import_attempted: { readonly providerSlug?: string | undefined; readonly fileName?: string | undefined; readonly fileFormat?: Open<'qfx' | 'ofx' | 'csv'> | undefined };
  file_import_failed: { readonly providerSlug?: string | undefined; readonly fileName?: string | undefined; readonly fileFormat?: string | undefined; readonly reason?: Open<'parse_error' | 'unsupported_format' | 'invalid_structure'> | undefined };
  file_import_succeeded: { readonly providerSlug?: string | undefined; readonly fileName?: string | undefined; readonly fileFormat?: string | undefined; readonly accountCount?: number | undefined; readonly transactionCount?: number | undefined };
  holdings_sync_attempted: { readonly accountId?: Key | undefined; readonly providerName?: string | undefined };
  holdings_sync_failed: { readonly accountId?: Key | undefined; readonly providerName?: string | undefined; readonly reason?: Open<'api_error' | 'holdings_not_supported' | 'network_error'> | undefined };
  holdings_sync_succeeded: { readonly accountId?: Key | undefined; readonly providerName?: string | undefined; readonly holdingCount?: number | undefined };
  transaction_sync_attempted: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined; readonly accountId?: Key | undefined };
  transaction_sync_failed: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined; readonly accountId?: Key | undefined; readonly reason?: Open<'api_error' | 'date_range_invalid' | 'network_error'> | undefined };
  transaction_sync_succeeded: { readonly connectionId?: Key | undefined; readonly providerName?: string | undefined; readonly accountId?: Key | undefined; readonly transactionCount?: number | undefined };
  file_deleted: AnyDetails;
  file_downloaded: AnyDetails;
  file_uploaded: AnyDetails;
  external_api_called: AnyDetails;
  webhook_processed: AnyDetails;
  webhook_received: AnyDetails;
  email_sent: AnyDetails;
  notification_sent: AnyDetails;
  sms_sent: AnyDetails;
  order_canceled: AnyDetails;
  order_created: AnyDetails;
  order_shipped: AnyDetails;
  order_updated: AnyDetails;
  payment_received: AnyDetails;
  payment_refunded: AnyDetails;
  gdpr_data_deleted: AnyDetails;
  gdpr_data_export: AnyDetails;
  privacy_policy_accepted: AnyDetails;
  terms_accepted: AnyDetails;
  provider_account_viewed: { readonly providerName?: string | undefined; readonly accountType?: Open<'checking' | 'credit_card'> | undefined; readonly accountMask?: string | undefined };
  provider_connection_attempted: { readonly providerName?: string | undefined; readonly connectionMethod?: Open<'oauth' | 'api_key'> | undefined };
  provider_connection_failed: { readonly providerName?: string | undefined; readonly reason?: Open<'oauth_error' | 'api_error' | 'invalid_credentials'> | undefined; readonly errorCode?: Key | undefined };
  provider_connected: { readonly providerName?: string | undefined; readonly connectionMethod?: Open<'oauth' | 'api_key'> | undefined };
  provider_data_sync_attempted: { readonly providerName?: string | undefined; readonly dataTypes?: readonly Open<'accounts' | 'transactions'>[] | undefined };
  provider_data_sync_failed: { readonly providerName?: string | undefined; readonly reason?: Open<'api_error' | 'network_error' | 'rate_limit'> | undefined; readonly errorCode?: Key | undefined };
  provider_data_synced: { readonly providerName?: string | undefined; readonly dataTypes?: readonly Open<'accounts' | 'transactions'>[] | undefined; readonly recordsSynced?: number | undefined };
  provider_disconnection_attempted: { readonly providerName?: string | undefined; readonly disconnectionReason?: string | undefined };
  provider_disconnection_failed: { readonly providerName?: string | undefined; readonly reason?: Open<'api_error' | 'pending_transactions'> | undefined };
  provider_disconnected: { readonly providerName?: string | undefined; readonly disconnectionReason?: Open<'user_request' | 'error'> | undefined };
  provider_token_refresh_attempted: { readonly providerName?: string | undefined; readonly tokenType?: 'access' | 'refresh' | undefined };
  provider_token_refresh_failed: { readonly providerName?: string | undefined; readonly errorCode?: Key | undefined; readonly errorMessage?: string | undefined };
  provider_token_refreshed: { readonly providerName?: string | undefined; readonly tokenType?: 'access' | 'refresh' | undefined };
  provider_transaction_viewed: { readonly providerName?: string | undefined; readonly accountMask?: string | undefined; readonly transactionCount?: number | undefined; readonly dateRange?: unknown | undefined };
  rate_limit_check_attempted: { readonly endpoint?: string | undefined; readonly identifier?: Key | undefined; readonly scope?: Open<'ip' | 'user' | 'user_provider' | 'global'> | undefined; readonly cost?: number | undefined };
  rate_limit_check_denied: { readonly endpoint?: string | undefined; readonly identifier?: Key | undefined; readonly scope?: Open<'ip' | 'user' | 'user_provider' | 'global'> | undefined; readonly retryAfter?: number | undefined; readonly limit?: number | undefined; readonly remaining?: number | undefined };
  rate_limit_check_allowed: { readonly endpoint?: string | undefined; readonly identifier?: Key | undefined; readonly scope?: string | undefined; readonly remainingTokens?: number | undefined; readonly executionTimeMs?: number | undefined };
  all_sessions_revocation_attempted: { readonly revokedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined; readonly reason?: Open<'password_change' | 'security_breach' | 'user_request'> | undefined; readonly exceptSessionId?: Key | undefined };
  all_sessions_revocation_failed: { readonly reason?: string | undefined; readonly failureReason?: string | undefined };
  all_sessions_revoked: { readonly revokedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined; readonly reason?: Open<'password_change' | 'security_breach' | 'user_request'> | undefined; readonly sessionsRevokedCount?: number | undefined; readonly exceptSessionId?: Key | undefined };
  session_evicted: { readonly sessionId?: Key | undefined; readonly evictionReason?: Open<'limit_exceeded' | 'oldest_session'> | undefined; readonly activeSessionsCount?: number | undefined };
  session_expired: AnyDetails;
  session_provider_access: { readonly sessionId?: Key | undefined; readonly providerName?: string | undefined; readonly accessType?: Open<'read' | 'sync' | 'update'> | undefined };
  session_revocation_attempted: { readonly sessionId?: Key | undefined; readonly revokedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined; readonly reason?: string | undefined };
  session_revocation_failed: { readonly sessionId?: Key | undefined; readonly reason?: string | undefined; readonly failureReason?: Open<'not_found' | 'not_owner' | 'already_revoked'> | undefined };
  session_revoked: { readonly sessionId?: Key | undefined; readonly revokedBy?: Open<'user' | 'admin' | 'system'> | number | bigint | undefined; readonly reason?: Open<'logout' | 'timeout' | 'security' | 'admin_action'> | undefined };
  suspicious_session_activity: { readonly sessionId?: Key | undefined; readonly activityType?: string | undefined; readonly riskScore?: number | undefined; readonly detectionReason?: string | undefined; readonly attempts?: number | undefined; readonly lockedMinutes?: number | undefined };
  operation: AnyDetails;
  system_started: AnyDetails;
  system_stopped: AnyDetails;
  email_changed: AnyDetails;
  user_activated: AnyDetails;
  user_created: AnyDetails;
  user_deactivated: AnyDetails;
  user_deleted: AnyDetails;
  user_profile_updated: AnyDetails;
  user_updated: AnyDetails;
}
