package controllers

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/notify"
)

const (
	// NotifiedAnnotation remembers on a ProvisioningConfig what was last told by mail, so that an operator that starts does not
	// tell it again. Written by the operator.
	NotifiedAnnotation = "provisioning.entrain.dev/notified"

	// A mail that could not be sent is tried again after this time, twice that, and so on up to maxMailRetry.
	minMailRetry, maxMailRetry = 30 * time.Second, time.Hour
	// mailMemoryTimeout bounds writing the annotation.
	mailMemoryTimeout = 10 * time.Second
)

// NotificationReconciler sends mail when a quarantine begins, when its reason changes and when removals are held, once each
// (reference part 2 section 13). It looks at nothing but the status of the resource and has a queue of its own: a mail
// server that hangs or refuses keeps nothing else from happening.
type NotificationReconciler struct {
	Client   client.Client
	Secrets  client.Reader
	Recorder events.EventRecorder
	// Send sends an event; notify.Send does.
	Send func(ctx context.Context, s notify.Server, to []string, e notify.Event) (delivered int, err error)
	// Retry is how long to wait before the first retry; 0 means half a minute.
	Retry time.Duration

	mu sync.Mutex
	// told is what was told, by config; the cache may be behind the annotation.
	told map[types.UID]string
}

// Reconcile sends the mail that is due for one config. The error makes the queue try again, later and later.
func (r *NotificationReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	config := &api.ProvisioningConfig{}
	if err := r.Client.Get(ctx, req.NamespacedName, config); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	config.SetDefaults()
	due := notificationKey(config)
	n := config.Spec.Notification
	if !config.DeletionTimestamp.IsZero() || due == "" || n == nil || len(n.Emails) == 0 || n.SMTP == nil {
		return ctrl.Result{}, nil
	}
	if config.Annotations[NotifiedAnnotation] == due {
		return ctrl.Result{}, nil
	}
	if !r.wasTold(config.UID, due) {
		err := r.send(ctx, config, n)
		switch {
		case fault.Is(err, fault.Canceled):
			return ctrl.Result{}, err
		case err != nil:
			r.Recorder.Eventf(config, nil, corev1.EventTypeWarning, "NotificationFailed", "Notify", "%s", clip(fault.MessageOf(err), maxMessage))
			return ctrl.Result{}, err
		}
		r.tell(config.UID, due)
		r.Recorder.Eventf(config, nil, corev1.EventTypeNormal, "Notified", "Notify", "A message about %s was sent.", strings.SplitN(due, "@", 2)[0])
	}
	base := config.DeepCopy()
	if config.Annotations == nil {
		config.Annotations = map[string]string{}
	}
	config.Annotations[NotifiedAnnotation] = due
	// An operator that ends now must not leave it to the next one to tell it again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailMemoryTimeout)
	defer cancel()
	return ctrl.Result{}, client.IgnoreNotFound(r.Client.Patch(ctx, config, client.MergeFrom(base)))
}

func (r *NotificationReconciler) wasTold(uid types.UID, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told[uid] == key
}

func (r *NotificationReconciler) tell(uid types.UID, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil || len(r.told) >= maxTold {
		r.told = map[types.UID]string{}
	}
	r.told[uid] = key
}

// maxTold bounds what is remembered; the annotation is the memory that counts.
const maxTold = 10_000

// notificationKey names what there is to tell: the reason and the beginning of the quarantine, and a hold of removals that
// is not its reason. "" means nothing. A hold whose set changes is the same hold: it is told once.
func notificationKey(config *api.ProvisioningConfig) string {
	var parts []string
	if q := config.Status.Quarantine; q != nil {
		part := string(q.Reason)
		if q.SeriesBegan != nil {
			part += fmt.Sprintf("@%d", q.SeriesBegan.Unix())
		}
		parts = append(parts, part)
	}
	if h := config.Status.HeldDeletions; h != nil && (config.Status.Quarantine == nil || config.Status.Quarantine.Reason != api.QuarantineReason(api.TooManyDeletesReason)) {
		part := "HeldDeletions"
		if h.Since != nil {
			part += fmt.Sprintf("@%d", h.Since.Unix())
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "+")
}

// send sends the mail. When some of the addresses got it, it is not sent again, since it would reach these twice; an event
// tells about the others.
func (r *NotificationReconciler) send(ctx context.Context, config *api.ProvisioningConfig, n *api.Notification) error {
	server, err := r.server(ctx, config.Namespace, n.SMTP)
	if err != nil {
		return err
	}
	to := make([]string, len(n.Emails))
	for i, e := range n.Emails {
		to[i] = string(e)
	}
	delivered, err := r.Send(ctx, server, to, notificationEvent(config))
	if err != nil && delivered > 0 {
		r.Recorder.Eventf(config, nil, corev1.EventTypeWarning, "NotificationFailed", "Notify", "%s", clip(fault.MessageOf(err), maxMessage))
		return nil
	}
	return err
}

// server reads what is needed to talk to the mail server.
func (r *NotificationReconciler) server(ctx context.Context, namespace string, s *api.SMTPServer) (notify.Server, error) {
	out := notify.Server{Host: s.Host, Port: int(s.Port), TLS: notify.TLS(s.TLS), From: string(s.From)}
	if ref := s.CredentialsSecretRef; ref != nil {
		secret, err := r.secret(ctx, namespace, ref.Name, ref.Key)
		if err != nil {
			return out, err
		}
		out.Username, out.Password = string(s.From), strings.TrimSpace(string(secret.Data[string(ref.Key)]))
		if name := strings.TrimSpace(string(secret.Data[api.SMTPUsernameKey])); name != "" {
			out.Username = name
		}
	}
	if ref := s.CABundleSecretRef; ref != nil {
		secret, err := r.secret(ctx, namespace, ref.Name, ref.Key)
		if err != nil {
			return out, err
		}
		out.CABundle = secret.Data[string(ref.Key)]
	}
	return out, nil
}

func (r *NotificationReconciler) secret(ctx context.Context, namespace string, name api.SecretName, key api.SecretKey) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := r.Secrets.Get(ctx, client.ObjectKey{Namespace: namespace, Name: string(name)}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fault.New(fault.NotFound, "read secret", "The Secret %q for the mail server does not exist in the namespace %q; create it.", name, namespace)
	case err != nil:
		return nil, fault.Wrap(fault.Transient, "read secret", err)
	case len(secret.Data[string(key)]) == 0:
		return nil, fault.New(fault.Invalid, "read secret", "The Secret %q for the mail server has no value under the key %q; add it.", name, key)
	}
	return secret, nil
}

// notificationEvent is what the status says.
func notificationEvent(config *api.ProvisioningConfig) notify.Event {
	e := notify.Event{Namespace: config.Namespace, Name: config.Name}
	if q := config.Status.Quarantine; q != nil {
		e.Reason = string(q.Reason)
		if q.Error != nil {
			e.Code, e.Message = q.Error.Code, q.Error.Message
		}
		if q.SeriesBegan != nil {
			e.Since = q.SeriesBegan.Time
		}
		if q.NextAttempt != nil {
			e.NextAttempt = q.NextAttempt.Time
		}
	}
	if h := config.Status.HeldDeletions; h != nil {
		e.Held = &notify.Held{ID: h.ID, Users: h.Users, Groups: h.Groups}
		if h.Since != nil {
			e.Held.Since = h.Since.Time
		}
	}
	return e
}

// SetupWithManager registers the controller.
func (r *NotificationReconciler) SetupWithManager(mgr ctrl.Manager) error {
	first := r.Retry
	if first <= 0 {
		first = minMailRetry
	}
	changed := predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok1 := e.ObjectOld.(*api.ProvisioningConfig)
			after, ok2 := e.ObjectNew.(*api.ProvisioningConfig)
			return ok1 && ok2 && (before.Generation != after.Generation || notificationKey(before) != notificationKey(after))
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("notification").
		For(&api.ProvisioningConfig{}, builder.WithPredicates(changed)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: 4,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](first, maxMailRetry),
		}).
		Complete(r)
}
