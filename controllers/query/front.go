package query

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
)

// Where the API server says whose certificates prove that a request comes from it, and in which headers it names the person.
const (
	trustNamespace, trustName = "kube-system", "extension-apiserver-authentication"
	trustedCA                 = "requestheader-client-ca-file"
	trustedNames              = "requestheader-allowed-names"
	userHeaders               = "requestheader-username-headers"
	uidHeaders                = "requestheader-uid-headers"
	groupHeaders              = "requestheader-group-headers"
	extraHeaders              = "requestheader-extra-headers-prefix"
)

const (
	// allowedFor and deniedFor are how long an answer of the authorizer is believed.
	allowedFor, deniedFor = 10 * time.Second, 2 * time.Second
	// trustWithin is how long reading trust may take at the start.
	trustWithin = 30 * time.Second
)

// front lets in requests that the API server forwards for a person who may ask, and nothing else.
type front struct {
	authority *dynamiccertificates.ConfigMapCAController
	headers   *headerrequest.RequestHeaderAuthRequestController
	who       authenticator.Request
	may       authorizer.Authorizer
	info      *request.RequestInfoFactory
}

func newFront(kube kubernetes.Interface) (*front, error) {
	authority, err := dynamiccertificates.NewDynamicCAFromConfigMapController("requestheader-client-ca", trustNamespace, trustName, trustedCA, kube)
	if err != nil {
		return nil, fmt.Errorf("reading whom to trust: %w", err)
	}
	headers := headerrequest.NewRequestHeaderAuthRequestController(trustName, trustNamespace, kube, userHeaders, uidHeaders, groupHeaders, extraHeaders, trustedNames)
	may, err := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: kube.AuthorizationV1(), AllowCacheTTL: allowedFor, DenyCacheTTL: deniedFor,
		WebhookRetryBackoff: &wait.Backoff{Duration: 200 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 4},
	}.New()
	if err != nil {
		return nil, err
	}
	return &front{
		authority: authority, headers: headers, may: may,
		who: headerrequest.NewDynamicVerifyOptionsSecure(authority.VerifyOptions,
			headerrequest.StringSliceProviderFunc(headers.AllowedClientNames), headerrequest.StringSliceProviderFunc(headers.UsernameHeaders),
			headerrequest.StringSliceProviderFunc(headers.UIDHeaders), headerrequest.StringSliceProviderFunc(headers.GroupHeaders),
			headerrequest.StringSliceProviderFunc(headers.ExtraHeaderPrefixes)),
		info: &request.RequestInfoFactory{APIPrefixes: sets.NewString("apis", "api"), GrouplessAPIPrefixes: sets.NewString("api")},
	}, nil
}

// run keeps up with changes of whom to trust. While nothing could be read yet everybody is refused.
func (f *front) run(ctx context.Context) error {
	reading, cancel := context.WithTimeout(ctx, trustWithin)
	defer cancel()
	// What cannot be read now is read by Run as soon as that is possible.
	_ = f.authority.RunOnce(reading)
	_ = f.headers.RunOnce(reading)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { f.authority.Run(gctx, 1); return nil })
	g.Go(func() error { f.headers.Run(gctx, 1); return nil })
	return g.Wait()
}

// protect lets a request through when it comes from the API server and its person is allowed what it asks for.
func (f *front) protect(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, ok, err := f.who.AuthenticateRequest(r)
		if err != nil || !ok {
			fail(w, http.StatusUnauthorized, "Unauthorized", "Ask through the API server: kubectl get --raw /apis/"+GroupName+"/"+Version)
			return
		}
		info, err := f.info.NewRequestInfo(r)
		if err != nil {
			fail(w, http.StatusBadRequest, "BadRequest", "The path cannot be understood.")
			return
		}
		decision, _, err := f.may.Authorize(r.Context(), attributes(found.User, info))
		switch {
		case err != nil:
			log.Error("Asking the API server about rights failed", "err", err)
			fail(w, http.StatusServiceUnavailable, "ServiceUnavailable", "The API server could not be asked what you may do; try again.")
		case decision != authorizer.DecisionAllow:
			fail(w, http.StatusForbidden, "Forbidden", fmt.Sprintf("You may not %s %s.%s in the namespace %q; ask for a role with this right.",
				info.Verb, resourceOf(info), info.APIGroup, info.Namespace))
		default:
			next.ServeHTTP(w, r.WithContext(request.WithUser(request.WithRequestInfo(r.Context(), info), found.User)))
		}
	})
}

func resourceOf(info *request.RequestInfo) string {
	if info.Subresource == "" {
		return info.Resource
	}
	return info.Resource + "/" + info.Subresource
}

func attributes(who user.Info, info *request.RequestInfo) authorizer.Attributes {
	return authorizer.AttributesRecord{
		User: who, Verb: info.Verb, Namespace: info.Namespace, APIGroup: info.APIGroup, APIVersion: info.APIVersion, Resource: info.Resource,
		Subresource: info.Subresource, Name: info.Name, ResourceRequest: info.IsResourceRequest, Path: info.Path,
	}
}
