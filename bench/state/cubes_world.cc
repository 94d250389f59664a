#include "bench/state/cubes_world.h"

#include <ode/ode.h>

#include <algorithm>
#include <cmath>

namespace perseid::bench {
namespace {

// Where the original's source says a number, it is this number (bench/README.md).
constexpr double kSmallMetres = 0.4;
constexpr double kPlayerMetres = 1.5;
constexpr double kPlayerFallMetres = 10;
constexpr double kSpacingMetres = 1;
constexpr double kSpacingJitterMetres = 0.15;  // ours: that seeds differ from the first frame on
constexpr double kGravity = 20;
constexpr double kStrafeNewtons = 120;
constexpr double kRestSpeed = 0.25;  // m/s, rad/s
constexpr double kRestSeconds = 0.1;
constexpr double kPushRadius = 2;
constexpr double kPullRadius = 1.8;
constexpr double kReach = 200;  // m/s2 at one metre, falling with the square
constexpr double kReachMost = 1000;
constexpr double kFrameSeconds = 1.0 / kCubesFramesPerSecond;
constexpr int kContactsMax = 16;

struct Vector {
  double x = 0;
  double y = 0;
  double z = 0;
};

Vector operator-(const Vector& a, const Vector& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
Vector operator*(const Vector& a, double b) {
  return {a.x * b, a.y * b, a.z * b};
}
double length(const Vector& a) {
  return std::sqrt(a.x * a.x + a.y * a.y + a.z * a.z);
}
Vector vector_of(const dReal* v) {
  return {v[0], v[1], v[2]};
}

void push_body(dBodyID body, const Vector& newtons) {
  dBodyEnable(body);
  dBodyAddForce(body, newtons.x, newtons.y, newtons.z);
}

double mass_of(dBodyID body) {
  dMass mass;
  dBodyGetMass(body, &mass);
  return mass.mass;
}

// Sways between -3 and 3, never quite the same again.
double sway(u64 frame, double phase) {
  const double t = static_cast<double>(frame);
  return std::sin(0.1 * t + phase) + std::sin(0.05 * t + 2 * phase) + std::sin(t + 3 * phase);
}

// ODE counts nothing itself: the first init and the last close are ours to know.
struct OdeLibrary {
  OdeLibrary() { dInitODE2(0); }
  ~OdeLibrary() { dCloseODE(); }
};

}  // namespace

struct CubesWorld::State {
  explicit State(u64 seed);
  ~State();

  void add_cube(double x, double y, double z, double size);
  void add_plane() { dCreatePlane(space, 0, 0, 1, 0); }
  void collide(dGeomID a, dGeomID b);
  void strafe(const Keys& keys);
  void float_upright(const Keys& keys);
  void reach_out(Grip grip);

  OdeLibrary library;
  dWorldID world = dWorldCreate();
  dSpaceID space = dHashSpaceCreate(nullptr);
  dJointGroupID contacts = dJointGroupCreate(0);
  std::vector<dBodyID> bodies;
  u64 frame = 0;
};

CubesWorld::State::State(u64 seed) {
  dRandSetSeed(static_cast<unsigned long>(seed));
  dWorldSetGravity(world, 0, 0, -kGravity);
  dWorldSetERP(world, 0.25);
  dWorldSetCFM(world, 0.001);
  dWorldSetQuickStepNumIterations(world, 64);
  dWorldSetContactSurfaceLayer(world, 0.01);
  dWorldSetContactMaxCorrectingVel(world, 250);
  dWorldSetLinearDamping(world, 0.01);
  dWorldSetAngularDamping(world, 0.01);
  dWorldSetAutoDisableFlag(world, 1);
  dWorldSetAutoDisableLinearThreshold(world, kRestSpeed);
  dWorldSetAutoDisableAngularThreshold(world, kRestSpeed);
  dWorldSetAutoDisableSteps(world, 0);
  dWorldSetAutoDisableTime(world, kRestSeconds);
  add_plane();
  Dice dice(seed);
  add_cube(0, 0, kPlayerFallMetres, kPlayerMetres);
  const auto jitter = [&dice] { return dice.between(-kSpacingJitterMetres, kSpacingJitterMetres); };
  for (u32 i = 0; i + 1 < kCubes; ++i) {
    const double x = (i % kCubesInARow - kCubesInARow / 2.0) * kSpacingMetres + jitter();
    const double y = (i / kCubesInARow - kCubesInARow / 2.0) * kSpacingMetres + jitter();
    add_cube(x, y, kSmallMetres / 2, kSmallMetres);
    dBodyDisable(bodies.back());
  }
}

CubesWorld::State::~State() {
  dJointGroupDestroy(contacts);
  dSpaceDestroy(space);
  dWorldDestroy(world);
}

void CubesWorld::State::add_cube(double x, double y, double z, double size) {
  dBodyID body = dBodyCreate(world);
  dMass mass;
  dMassSetBox(&mass, 1, size, size, size);
  dBodySetMass(body, &mass);
  dBodySetPosition(body, x, y, z);
  dGeomSetBody(dCreateBox(space, size, size, size), body);
  bodies.push_back(body);
}

void CubesWorld::State::collide(dGeomID a, dGeomID b) {
  dBodyID body_a = dGeomGetBody(a);
  dBodyID body_b = dGeomGetBody(b);
  const bool awake = (body_a && dBodyIsEnabled(body_a)) || (body_b && dBodyIsEnabled(body_b));
  if (!awake) return;
  std::array<dContact, kContactsMax> found;
  const int count = dCollide(a, b, kContactsMax, &found[0].geom, sizeof(dContact));
  for (int i = 0; i < count; ++i) {
    found[i].surface = {};
    found[i].surface.mu = 200;
    dJointAttach(dJointCreateContact(world, contacts, &found[i]), body_a, body_b);
  }
}

// Braking is twice as strong, but for a cube that floats.
void CubesWorld::State::strafe(const Keys& keys) {
  Vector force{keys.x * kStrafeNewtons, keys.y * kStrafeNewtons, 0};
  const dReal* speed = dBodyGetLinearVel(bodies[0]);
  const bool brakes = force.x * speed[0] + force.y * speed[1] < 0;
  if (brakes && keys.grip != Grip::push) force = force * 2;
  if (keys.x != 0 || keys.y != 0) push_body(bodies[0], force);
}

// Sways a little, leans into its way, and is slowed by the air.
void CubesWorld::State::float_upright(const Keys& keys) {
  dBodyID player = bodies[0];
  push_body(player, Vector{sway(frame, 1), sway(frame, 2), sway(frame, 3)} * 2);
  const dReal* r = dBodyGetRotation(player);
  const Vector up{r[2], r[6], r[10]};
  const Vector wanted{0.25 * keys.x, 0.25 * keys.y, 1};
  const double strength = 100 / length(wanted);
  dBodyAddTorque(player, (up.y * wanted.z - up.z * wanted.y) * strength + sway(frame, 4) * 1.5,
                 (up.z * wanted.x - up.x * wanted.z) * strength + sway(frame, 5) * 1.5,
                 (up.x * wanted.y - up.y * wanted.x) * strength + sway(frame, 6) * 1.5);
  const dReal* turn = dBodyGetAngularVel(player);
  dBodySetAngularVel(player, turn[0] * 0.95, turn[1] * 0.95, turn[2] * 0.95);
  const dReal* speed = dBodyGetLinearVel(player);
  dBodySetLinearVel(player, speed[0] * 0.96, speed[1] * 0.96, speed[2]);
}

// Push: away from the ground under the player, which lifts the player as well. Pull: towards it.
void CubesWorld::State::reach_out(Grip grip) {
  const bool push = grip == Grip::push;
  Vector origin = vector_of(dBodyGetPosition(bodies[0]));
  if (push) origin.z = -0.1;
  for (dBodyID body : bodies) {
    const bool player = body == bodies[0];
    if (player && !push) continue;
    Vector way = vector_of(dBodyGetPosition(body)) - origin;
    if (player) way.z -= 0.7;
    const double distance = length(way);
    if (distance < 0.01 || distance > (push ? kPushRadius : kPullRadius)) continue;
    const double strength = std::min(kReach / (distance * distance), kReachMost);
    const double newtons = strength * (player ? 1 : mass_of(body));
    push_body(body, way * ((push ? newtons : -newtons) / distance));
  }
}

CubesWorld::CubesWorld(u64 seed) : state_(std::make_unique<State>(seed)) {}
CubesWorld::~CubesWorld() = default;

void CubesWorld::step(const Keys& keys) {
  State& state = *state_;
  state.strafe(keys);
  if (keys.grip == Grip::push) state.float_upright(keys);
  if (keys.grip != Grip::roll) state.reach_out(keys.grip);
  dSpaceCollide(state.space, &state,
                [](void* data, dGeomID a, dGeomID b) { static_cast<State*>(data)->collide(a, b); });
  dWorldQuickStep(state.world, kFrameSeconds);
  dJointGroupEmpty(state.contacts);
  ++state.frame;
}

CubePose CubesWorld::pose(u32 cube) const {
  const dReal* p = dBodyGetPosition(state_->bodies[cube]);
  const dReal* q = dBodyGetQuaternion(state_->bodies[cube]);  // w first
  return {{p[0], p[1], p[2]}, {q[1], q[2], q[3], q[0]}};
}

}  // namespace perseid::bench
