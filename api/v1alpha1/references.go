package v1alpha1

// SecretNames returns the names of all Secrets that the config refers to, without those that the operator owns.
func (c *ProvisioningConfig) SecretNames() []string {
	var names []string
	add := func(name SecretName) {
		if name != "" {
			names = append(names, string(name))
		}
	}
	entra := c.Spec.Source.Entra
	if s := entra.Credentials.ClientSecret; s != nil {
		add(s.SecretRef.Name)
	}
	if s := entra.Credentials.ClientCertificate; s != nil {
		add(s.SecretRef.Name)
	}
	if e := entra.Endpoints; e != nil && e.CABundleSecretRef != nil {
		add(e.CABundleSecretRef.Name)
	}
	target := c.Spec.Target.SCIM
	if s := target.Credentials.SecretToken; s != nil {
		add(s.SecretRef.Name)
	}
	if s := target.Credentials.OAuth2ClientCredentials; s != nil {
		add(s.ClientSecretRef.Name)
	}
	if target.CABundleSecretRef != nil {
		add(target.CABundleSecretRef.Name)
	}
	if n := c.Spec.Notification; n != nil && n.SMTP != nil {
		if n.SMTP.CredentialsSecretRef != nil {
			add(n.SMTP.CredentialsSecretRef.Name)
		}
		if n.SMTP.CABundleSecretRef != nil {
			add(n.SMTP.CABundleSecretRef.Name)
		}
	}
	return names
}

// TokenSecretName is the name of the Secret in which the operator keeps the token that it obtained for the target.
func (c *ProvisioningConfig) TokenSecretName() string { return c.Name + "-target-token" }
