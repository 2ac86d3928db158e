// The numbers of one step of Adam, shared by every value of a parameter.
#pragma once

namespace pawl {

struct AdamStep {
  float beta1;
  float beta2;
  float eps;
  float rate;            // learn rate with the bias correction in it
  float gradient_scale;  // from clipping
  float decay;           // weights -= decay * weights, afterwards; 0: none
  float average;  // averages -= average * (averages - weights), last; ignored without averages
};

}  // namespace pawl
